"""What a Taskcluster answered to the methods of this service, replayed from cassettes (see docs/cassettes.md)."""

from __future__ import annotations

import pytest
from cassettes import Scene, monitoring, recorded

from tc_core import BadRequest, InsufficientScopes, NotFound
from tc_github import AsyncGithub, Github
from tc_testing import LocalTaskcluster

test_monitoring = monitoring(Github, AsyncGithub)

SHA = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = {"github_owner": "recording", "github_repository": "demo", "github_sha": SHA}
GROUP = "Tw8L0L5RSKKyGlCUEk4LQA"


def with_repository(tc: LocalTaskcluster) -> None:
    tc.configure(
        github_repositories={"recording/demo": {"main": SHA}},
        github_builds=[
            {
                "organization": "recording",
                "repository": "demo",
                "sha": SHA,
                "state": "pending",
                "taskGroupId": GROUP,
                "eventType": "push",
                "eventId": "00000000-0000-4000-8000-000000000000",
                "created": "2026-11-23T09:30:54.042Z",
                "updated": "2026-11-23T09:30:54.042Z",
            }
        ],
    )


@recorded(
    Github,
    AsyncGithub,
    scopes=[
        "github:create-status:*",
        "github:get-badge:*",
        "github:get-repository:*",
        "github:latest-status:*",
    ],
    facts=REPOSITORY | {"github_branch": "main"},
    local=with_repository,
)
async def test_a_commit_gets_a_status(github: AsyncGithub, scene: Scene) -> None:
    owner, repository = scene.facts["github_owner"], scene.facts["github_repository"]
    branch = scene.facts["github_branch"]
    assert (await github.repository(owner, repository))["installed"]
    target = f"https://example.com/{scene.name()}"
    await github.createStatus(
        owner,
        repository,
        scene.facts["github_sha"],
        {"state": "success", "target_url": target, "description": "of a recording", "context": "recording"},
    )
    for attempt in scene.attempts():
        with attempt:
            assert (await github.latest(owner, repository, branch)) == target
    assert "<svg" in await github.badge(owner, repository, branch)


@recorded(
    Github,
    AsyncGithub,
    scopes=["github:create-comment:*"],
    facts={"github_owner": "recording", "github_repository": "demo", "github_issue": "1"},
    local=with_repository,
)
async def test_an_issue_gets_a_comment(github: AsyncGithub, scene: Scene) -> None:
    facts = scene.facts
    await github.createComment(
        facts["github_owner"], facts["github_repository"], int(facts["github_issue"]), {"body": scene.name()}
    )


@recorded(
    Github,
    AsyncGithub,
    scopes=["github:cancel-builds:*", "github:list-builds"],
    facts=REPOSITORY,
    local=with_repository,
)
async def test_builds_are_cancelled(github: AsyncGithub, scene: Scene) -> None:
    owner, repository = scene.facts["github_owner"], scene.facts["github_repository"]
    builds = await github.builds(organization=owner, repository=repository, limit=2)
    scene.require(
        [build for build in builds["builds"] if build["state"] == "pending"], "build that can be cancelled"
    )
    cancelled = await github.cancelBuilds(owner, repository, sha=scene.facts["github_sha"])
    assert cancelled["builds"]


@recorded(Github, AsyncGithub)
async def test_a_taskcluster_yml_is_rendered(github: AsyncGithub, scene: Scene) -> None:
    rendered = await github.renderTaskclusterYml(
        {
            "body": "version: 1\ntasks: []\n",
            "organization": "recording",
            "repository": "demo",
            "fakeEvent": {"type": "github-push"},
        }
    )
    assert rendered["tasks"] == []


@recorded(Github, AsyncGithub, scopes=["github:create-comment:*", "github:list-builds"])
async def test_what_is_refused(github: AsyncGithub, scene: Scene) -> None:
    owner = scene.name()
    with pytest.raises(NotFound):
        await github.createComment(owner, "none", 1, {"body": "of a recording"})
    with pytest.raises(BadRequest):
        await github.builds(repository="demo")
    with pytest.raises(InsufficientScopes):
        await github.cancelBuilds(owner, "none")
