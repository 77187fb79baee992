from enum import StrEnum

class RecordMode(StrEnum):
    ALL = "all"
    NONE = "none"
