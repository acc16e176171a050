"""The data plane runs without the interpreter: no function of hasip/dataplane touches Python, as the C that Cython made of it shows.

A `noexcept nogil` in a .pxd is what its author asked for; this is what became of it: an exception that must be reported, or an object that
slipped in, takes the GIL without a word.
"""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GENERATED = ROOT / "hasip" / "_fastpath.c"
PREFIX = "__pyx_f_5hasip_9dataplane_"                   # how Cython mangles hasip.dataplane
COMMENTS_AND_LITERALS = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)
DEFINITION = re.compile(rf"\b({PREFIX}\w+)\([^;{{}}]*\)\s*{{")
BRACE = re.compile(r"[{}]")
# Whatever CPython's API or Cython's helpers around it name: Py_INCREF, PyErr_Occurred, __Pyx_WriteUnraisable… Py_ssize_t is a plain integer.
PYTHON_API = re.compile(r"\b(?!Py_ssize_t\b)_*(?:Py|Pyx)[A-Z_]\w*|\b__pyx_(?:L\d+_error|lineno|filename|clineno|m|d|b|n_s_\w+|kp_\w+|tuple_\w+)\b|\bPyObject\b")


def function_bodies(source: str) -> dict[str, str]:
    """Return the body of every data-plane function defined in C source, by its mangled name; comments and literals are left out."""
    bare = COMMENTS_AND_LITERALS.sub(lambda found: '""' if found[0][0] == '"' else " ", source)
    return {found[1]: bare[found.end() - 1:end_of_block(bare, found.end() - 1)] for found in DEFINITION.finditer(bare)}


def end_of_block(source: str, start: int) -> int:
    """Return where the block that opens at `start` ends."""
    depth = 0
    for brace in BRACE.finditer(source, start):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.end()
    raise ValueError("a block that never ends")


def python_calls(source: str) -> dict[str, set[str]]:
    """Return what every data-plane function uses of Python, for those that use any."""
    used = {name: set(PYTHON_API.findall(body)) for name, body in function_bodies(source).items()}
    return {name: calls for name, calls in used.items() if calls}


@pytest.fixture(scope="module")
def generated() -> str:
    return GENERATED.read_text()


def test_no_function_of_the_data_plane_touches_python(generated: str) -> None:
    assert python_calls(generated) == {}


def test_the_generated_code_has_the_data_plane_in_it(generated: str) -> None:
    bodies = function_bodies(generated)
    sources = {path.stem: path.read_text() for path in (ROOT / "hasip" / "dataplane").rglob("*.pxd") if "\ncdef inline" in path.read_text()}
    assert len(bodies) > 200 and len(bodies) > 0.9 * sum(source.count("\ncdef inline") for source in sources.values())
    assert [module for module in sources if not any(f"{len(module)}{module}_" in name for name in bodies)] == []


def test_every_call_between_data_plane_functions_leads_to_one_that_was_read(generated: str) -> None:
    bodies = function_bodies(generated)
    called = {name for body in bodies.values() for name in re.findall(rf"\b{PREFIX}\w+", body)}
    assert called <= bodies.keys()


CLEAN = """
static int __pyx_f_5hasip_9dataplane_4base_4test_clean(int a); /*proto*/
static int __pyx_f_5hasip_9dataplane_4base_4test_clean(int a) {
  /* PyErr_Clear(); } in a comment */
  const char *text = "Py_INCREF(x) }";  // PyErr_Occurred()
  if (a) { a = '}'; }
  return a;
}
static PyObject *__pyx_pf_5hasip_elsewhere(PyObject *self) { Py_INCREF(self); return self; }
"""


def test_the_check_reads_code_and_not_comments_literals_or_other_functions() -> None:
    assert list(function_bodies(CLEAN)) == [f"{PREFIX}4base_4test_clean"] and python_calls(CLEAN) == {}


@pytest.mark.parametrize("call", [
    "__Pyx_PyGILState_Ensure()", "PyGILState_Ensure()", "PyErr_Occurred()", "Py_INCREF(a)", "__Pyx_INCREF(a)", "Py_DECREF(a)", "Py_XDECREF(a)",
    "_Py_Dealloc(a)", "__Pyx_XDECREF(a)", "__Pyx_GOTREF(a)", "PyLong_FromLong(a)", "__Pyx_PyInt_From_int(a)", "__Pyx_WriteUnraisable(a)",
    "__Pyx_Raise(a)", "PyEval_SaveThread()", "__Pyx_FastGIL_Remember()", "__Pyx_AddTraceback(a)", "Py_BEGIN_ALLOW_THREADS", "PyMem_RawMalloc(a)"])
def test_the_check_flags_python_in_a_data_plane_function(call: str) -> None:
    function = f"static void {PREFIX}4base_4test_dirty(int a) {{\n  if (a) {{ other(a); }}\n  for (;;) {{ {call}; }}\n}}\n"
    assert list(python_calls(CLEAN + function)) == [f"{PREFIX}4base_4test_dirty"]
