"""Made-up events of GitHub, to try a `.taskcluster.yml` on.

They have what GitHub's documentation ("Webhook events and payloads") says of such events, as far as templates
use it.
"""

from __future__ import annotations

from typing import Any

from ..._json import is_object

__all__ = ["made_up_event"]

_BEFORE = "1" * 40
_AFTER = "2" * 40
_BRANCH = "main"
_DATE = "2024-01-01T00:00:00Z"


def made_up_event(fake: dict[str, Any], organization: str, repository: str) -> dict[str, Any]:
    """The body of the event that the payload of `renderTaskclusterYml` describes."""
    shared = {
        "repository": _repository(organization, repository),
        "organization": _user(organization),
        "sender": _user("someone"),
        "installation": {"id": 1},
    }
    match fake["type"]:
        case "github-push":
            own = _push(organization, repository)
        case "github-release":
            own = {"release": _release(organization, repository)}
        case "github-issue-comment":
            own = _comment(organization, repository)
        case _:
            own = _pull_request(organization, repository)
    action = {"action": fake["action"]} if "action" in fake else {}
    return _merged({**shared, **own, **action}, fake.get("overrides", {}))


def _push(organization: str, repository: str) -> dict[str, Any]:
    commit = {
        "id": _AFTER,
        "message": "A change",
        "timestamp": _DATE,
        "url": f"https://github.com/{organization}/{repository}/commit/{_AFTER}",
        "author": {"name": "Someone", "email": "someone@example.com", "username": "someone"},
        "committer": {"name": "Someone", "email": "someone@example.com", "username": "someone"},
        "added": [],
        "removed": [],
        "modified": ["README.md"],
    }
    return {
        "ref": f"refs/heads/{_BRANCH}",
        "base_ref": None,
        "before": _BEFORE,
        "after": _AFTER,
        "created": False,
        "deleted": False,
        "forced": False,
        "compare": f"https://github.com/{organization}/{repository}/compare/{_BEFORE[:12]}...{_AFTER[:12]}",
        "commits": [commit],
        "head_commit": commit,
        "pusher": {"name": "someone", "email": "someone@example.com"},
    }


def _pull_request(organization: str, repository: str) -> dict[str, Any]:
    def branch(name: str, sha: str) -> dict[str, Any]:
        return {
            "label": f"{organization}:{name}",
            "ref": name,
            "sha": sha,
            "user": _user(organization),
            "repo": _repository(organization, repository),
        }

    url = f"https://github.com/{organization}/{repository}/pull/1"
    return {
        "number": 1,
        "pull_request": {
            "number": 1,
            "state": "open",
            "title": "A change",
            "body": "",
            "draft": False,
            "labels": [],
            "user": _user("someone"),
            "html_url": url,
            "diff_url": f"{url}.diff",
            "patch_url": f"{url}.patch",
            "created_at": _DATE,
            "updated_at": _DATE,
            "base": branch(_BRANCH, _BEFORE),
            "head": branch("change", _AFTER),
        },
    }


def _release(organization: str, repository: str) -> dict[str, Any]:
    return {
        "id": 1,
        "tag_name": "v1.0.0",
        "target_commitish": _BRANCH,
        "name": "1.0.0",
        "body": "",
        "draft": False,
        "prerelease": False,
        "author": _user("someone"),
        "html_url": f"https://github.com/{organization}/{repository}/releases/tag/v1.0.0",
        "created_at": _DATE,
        "published_at": _DATE,
    }


def _comment(organization: str, repository: str) -> dict[str, Any]:
    url = f"https://github.com/{organization}/{repository}/pull/1"
    return {
        "issue": {
            "number": 1,
            "state": "open",
            "title": "A change",
            "html_url": url,
            "user": _user("someone"),
        },
        "comment": {"id": 1, "body": "/taskcluster test", "html_url": url, "user": _user("someone")},
        "taskcluster_comment": "test",
        **_pull_request(organization, repository),
    }


def _repository(organization: str, repository: str) -> dict[str, Any]:
    url = f"https://github.com/{organization}/{repository}"
    return {
        "id": 1,
        "name": repository,
        "full_name": f"{organization}/{repository}",
        "owner": {**_user(organization), "name": organization},
        "private": False,
        "fork": False,
        "url": url,
        "html_url": url,
        "clone_url": f"{url}.git",
        "git_url": f"git://github.com/{organization}/{repository}.git",
        "ssh_url": f"git@github.com:{organization}/{repository}.git",
        "default_branch": _BRANCH,
    }


def _user(login: str) -> dict[str, Any]:
    return {"login": login, "id": 1, "type": "User", "html_url": f"https://github.com/{login}"}


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """`old` with what `new` says in place of it, object by object."""
    merged = dict(old)
    for key, value in new.items():
        before = old.get(key)
        merged[key] = _merged(before, value) if is_object(before) and is_object(value) else value
    return merged
