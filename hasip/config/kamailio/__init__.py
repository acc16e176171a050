"""Kamailio's tables become a trunks file: dispatcher_list.py and address_list.py read them, shape.py says what a set becomes, trunks.py writes it down."""
from hasip.config.kamailio.lines import LineError, Remark
from hasip.config.kamailio.trunks import Imported, Wishes, import_tables

__all__ = ["Imported", "LineError", "Remark", "Wishes", "import_tables"]
