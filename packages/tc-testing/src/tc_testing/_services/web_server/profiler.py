"""The form in which the Firefox Profiler reads a profile ("processed profile format" in its documentation)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from tc_core import parse_json_date

from ..queue.records import Task

__all__ = ["of_task", "of_task_group"]

# The date at the beginning of a line that a worker wrote, such as `[taskcluster 2024-01-01T00:00:00.000Z] text`.
_LINE = re.compile(r"\[(?P<source>[\w:-]+) (?P<date>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.]*Z)\]\s*(?P<text>.*)")
_INSTANT, _INTERVAL, _STARTED = 0, 1, 2  # the phases of a marker


class _Marker(NamedTuple):
    name: str
    start: float  # in milliseconds since 1970, like `end`
    end: float | None
    phase: int
    data: dict[str, Any]


def of_task_group(task_group_id: str, tasks: Sequence[Task]) -> dict[str, Any]:
    """The profile of a task group: a marker for each run that was started."""
    markers = [marker for task in tasks for marker in _runs(task)]
    return _profile(f"Task Group {task_group_id}", task_group_id, markers)


def of_task(task: Task, log: str) -> dict[str, Any]:
    """The profile of a task: a marker for each line of its log that is dated."""
    title = f"{task.definition['metadata']['name']} {task.task_id}"
    return _profile(title, task.task_id, list(_lines(log)) or list(_runs(task)))


def _runs(task: Task) -> Iterable[_Marker]:
    for run_id, run in enumerate(task.runs):
        if run.started is None:
            continue
        end = None if run.resolved is None else _milliseconds(run.resolved)
        name = "Task" if run.state == "completed" else f"Task ({run.reason_resolved or run.state})"
        data = {
            "type": "Task",
            "name": task.definition["metadata"]["name"],
            "taskId": task.task_id,
            "runId": run_id,
            "state": run.state,
            "reasonCreated": run.reason_created,
        }
        phase = _STARTED if end is None else _INTERVAL
        yield _Marker(name, _milliseconds(run.started), end, phase, data)


def _lines(log: str) -> Iterable[_Marker]:
    for line in log.splitlines():
        if match := _LINE.match(line):
            data = {"type": "Log", "message": match["text"]}
            yield _Marker(match["source"], _milliseconds(match["date"]), None, _INSTANT, data)


def _profile(title: str, thread: str, markers: Sequence[_Marker]) -> dict[str, Any]:
    start = min((marker.start for marker in markers), default=0.0)
    day = datetime.fromtimestamp(start / 1000).date()
    return {
        "meta": {
            "interval": 1,
            "startTime": start,
            "processType": 0,
            "product": f"{title} - {day.month}/{day.day}/{day.year}",
            "stackwalk": 0,
            "version": 27,
            "preprocessedProfileVersion": 47,
            "physicalCPUs": 0,
            "logicalCPUs": 0,
            "symbolicationNotSupported": True,
            "usesOnlyOneStackType": True,
            "markerSchema": [_marker_schema("Task", "name", "taskId"), _marker_schema("Log", "message")],
            "categories": [{"name": "Task", "color": "green", "subcategories": ["Other"]}],
        },
        "libs": [],
        "threads": [_thread(thread, markers, start)],
        "counters": [],
    }


def _marker_schema(name: str, *keys: str) -> dict[str, Any]:
    fields = [{"key": key, "label": key, "format": "string", "searchable": True} for key in keys]
    return {"name": name, "display": ["marker-chart", "marker-table", "timeline-overview"], "data": fields}


def _thread(name: str, markers: Sequence[_Marker], start: float) -> dict[str, Any]:
    names = list(dict.fromkeys(marker.name for marker in markers))
    ends = [marker.end for marker in markers if marker.end is not None]
    return {
        "name": name,
        "processType": "default",
        "processName": "Taskcluster",
        "processStartupTime": 0,
        "processShutdownTime": None,
        "registerTime": 0,
        "unregisterTime": max(ends) - start if ends else None,
        "pausedRanges": [],
        "isMainThread": True,
        "showMarkersInTimeline": True,
        "pid": 0,
        "tid": 0,
        "samples": {"weightType": "samples", "weight": None, "stack": [], "time": [], "length": 0},
        "markers": {
            "name": [names.index(marker.name) for marker in markers],
            "startTime": [marker.start - start for marker in markers],
            "endTime": [None if marker.end is None else marker.end - start for marker in markers],
            "phase": [marker.phase for marker in markers],
            "category": [0] * len(markers),
            "data": [marker.data for marker in markers],
            "length": len(markers),
        },
        "stackTable": _empty_table("frame", "prefix", "category", "subcategory"),
        "frameTable": _empty_table(
            "address",
            "inlineDepth",
            "category",
            "subcategory",
            "func",
            "nativeSymbol",
            "innerWindowID",
            "implementation",
            "line",
            "column",
        ),
        "funcTable": _empty_table(
            "isJS", "relevantForJS", "name", "resource", "fileName", "lineNumber", "columnNumber"
        ),
        "resourceTable": _empty_table("lib", "name", "host", "type"),
        "nativeSymbols": _empty_table("libIndex", "address", "name", "functionSize"),
        "stringArray": names,
    }


def _empty_table(*columns: str) -> dict[str, Any]:
    return {**{column: [] for column in columns}, "length": 0}


def _milliseconds(date: str) -> float:
    return parse_json_date(date).timestamp() * 1000
