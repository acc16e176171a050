"""The composition root of the data plane: the few classes that Python sees, each a thin shell over a struct.

Everything that runs without the GIL lies in hasip/dataplane; these faces only convert, and turn C failures into exceptions.
"""
include "face/parser.pxi"
include "face/selectors.pxi"
include "face/snapshot.pxi"
include "face/state_file.pxi"
include "face/journal.pxi"
include "face/call_table.pxi"
include "face/location.pxi"
include "face/listening.pxi"
include "face/tap.pxi"
include "face/rules.pxi"
include "face/rings.pxi"
include "face/figures.pxi"
include "face/board.pxi"
include "face/router.pxi"
