"""The composition root of the data plane: the few classes that Python sees, each a thin shell over a struct.

Everything that runs without the GIL lies in hasip/dataplane; these faces only convert, and turn C failures into exceptions.
"""
# Leaves that no stage calls yet: here, so that they are compiled with the rest and tests/test_generated_code.py reads them.
cimport hasip.dataplane.base.md5
cimport hasip.dataplane.base.sha256
cimport hasip.dataplane.syntax.contact
cimport hasip.dataplane.syntax.credentials

include "parser_face.pxi"
include "selectors_face.pxi"
include "snapshot_face.pxi"
include "router_face.pxi"
