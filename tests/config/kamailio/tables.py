"""Tables as text, and what they become."""
import re
from pathlib import Path

from hasip.config import load_provisioning
from hasip.config.kamailio import Imported, Wishes, import_tables
from hasip.domain.trunk import Provisioning


def imported(folder: Path, dispatcher: str, address: str | None = None, wishes: Wishes | None = None) -> Imported:
    """Import tables of these texts."""
    files = folder / "dispatcher.list", folder / "address.list"
    files[0].write_text(dispatcher)
    files[1].write_text(address or "")
    return import_tables(files[0], None if address is None else files[1], wishes or Wishes())


def filled_in(folder: Path, text: str) -> Provisioning:
    """Load a trunks file, once somebody has filled in what stands in <>."""
    text = text.replace('"<the networks that calls of the core come from>"', '"203.0.113.0/24"').replace('"<how many calls at once>"', "10")
    file = folder / "trunks.toml"
    file.write_text(re.sub(r'"<the numbers that are dialled for set (\d+)>"', r'"+\1"', text))
    return load_provisioning(file)


def remarks(result: Imported) -> list[str]:
    """Return remarks without the folder."""
    return [re.sub(r"^.*/", "", str(remark), count=1) if "/" in str(remark.file) else str(remark) for remark in result.remarks]
