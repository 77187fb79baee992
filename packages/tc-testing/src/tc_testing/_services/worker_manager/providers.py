"""Providers: where workers come from, and what the configuration of a pool must look like for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._errors import APIError
from ..._schemas import Validator, refuse, validator
from .store import NULL_PROVIDER

__all__ = ["check_config", "is_cloud", "providers"]

_CLOUDS = frozenset({"aws", "azure", "google"})
_TIMEOUT = {"type": "integer", "maximum": 30 * 24 * 60 * 60}

_STATIC = {
    "type": "object",
    "properties": {
        "workerConfig": {"type": "object"},
        "lifecycle": {
            "type": "object",
            "properties": {"reregistrationTimeout": _TIMEOUT},
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
# What the three clouds have in common; what they want of a launch config beyond it is not looked at.
_CLOUD = {
    "type": "object",
    "properties": {
        "launchConfigs": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "workerConfig": {"type": "object"},
                    "capacityPerInstance": {"type": "integer", "minimum": 1},
                    "workerManager": {
                        "type": "object",
                        "properties": {
                            "launchConfigId": {
                                "type": "string",
                                "pattern": "^([a-zA-Z0-9-_]*)$",
                                "minLength": 1,
                                "maxLength": 38,
                            },
                            "capacityPerInstance": {"type": "integer", "minimum": 1},
                            "initialWeight": {"type": "number", "minimum": 0, "maximum": 1},
                            "maxCapacity": {"type": "integer", "minimum": 0},
                        },
                    },
                },
            },
        },
        "lifecycle": {
            "type": "object",
            "properties": {
                "registrationTimeout": {"type": "integer"},
                "reregistrationTimeout": _TIMEOUT,
                "queueInactivityTimeout": {"type": "integer", "minimum": 1200},
            },
            "additionalProperties": False,
        },
        "minCapacity": {"type": "integer", "minimum": 0},
        "maxCapacity": {"type": "integer", "minimum": 0},
        "scalingRatio": {"type": "number", "minimum": 0, "maximum": 1},
    },
    "required": ["launchConfigs", "minCapacity", "maxCapacity"],
    "additionalProperties": False,
}

_CONFIGS: Mapping[str, Validator] = {
    "static": validator(_STATIC),
    **{cloud: validator(_CLOUD) for cloud in _CLOUDS},
}


def providers(configured: Mapping[str, str]) -> dict[str, str]:
    """The types of all providers that pools may have, by their ids; `configured` are those that were set up."""
    return {"static": "static", **configured}


def is_cloud(provider_type: str) -> bool:
    """Whether workers of such a provider are started by worker-manager itself."""
    return provider_type in _CLOUDS


def check_config(provider_id: str, config: Any, configured: Mapping[str, str], root_url: str) -> None:
    """Refuse a pool with a provider that there is not, or with what this does not take. Raises APIError 400."""
    if provider_id == NULL_PROVIDER:
        return
    provider_type = providers(configured).get(provider_id)
    if provider_type is None:
        raise APIError("InputError", "Invalid Provider")
    refuse(_CONFIGS[provider_type], f"worker-manager/v1/config-{provider_type}.json", config, root_url)
