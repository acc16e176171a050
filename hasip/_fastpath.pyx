"""The composition root of the data plane: the few classes that Python sees, each a thin shell over a struct.

Everything that runs without the GIL lies in hasip/dataplane; these faces only convert, and turn C failures into exceptions.
"""
include "parser_face.pxi"
include "selectors_face.pxi"
include "snapshot_face.pxi"
include "state_file_face.pxi"
include "journal_face.pxi"
include "call_table_face.pxi"
include "location_face.pxi"
include "listening_face.pxi"
include "tap_face.pxi"
include "rules_face.pxi"
include "rings_face.pxi"
include "figures_face.pxi"
include "board_face.pxi"
include "router_face.pxi"
