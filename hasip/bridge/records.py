"""What records of calls are made of, as the data plane says."""
from hasip._fastpath import MODES, TRANSPORTS, group_records, key_of_call_id, left_records

__all__ = ["MODES", "TRANSPORTS", "group_records", "key_of_call_id", "left_records"]
