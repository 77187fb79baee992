"""Builds, statuses and `.taskcluster.yml`: what the recorded exchanges do not show."""

from __future__ import annotations

from typing import Any

import pytest
from checked import checked_root
from hawk_client import Caller
from queue_client import QueueClient

from tc_testing import GithubBuild, LocalTaskcluster

GITHUB = "/api/github/v1"
REPOSITORY = f"{GITHUB}/repository/demo-org/demo-repo"
SHA = "0123456789abcdef0123456789abcdef01234567"
YML = f"{GITHUB}/taskcluster-yml"


@pytest.fixture
def root(tc: LocalTaskcluster) -> Caller:
    return checked_root(tc)


def build(task_group_id: str, sha: str = SHA) -> GithubBuild:
    return {
        "organization": "demo-org",
        "repository": "demo-repo",
        "sha": sha,
        "state": "pending",
        "taskGroupId": task_group_id,
        "eventType": "push",
        "eventId": "00000000-0000-4000-8000-000000000000",
        "created": "2026-11-23T09:30:54.042Z",
        "updated": "2026-11-23T09:30:54.042Z",
    }


class TestBuilds:
    def test_there_are_none_unless_configured(self, root: Caller) -> None:
        assert root("GET", f"{GITHUB}/builds").json == {"builds": []}

    def test_cancelled_with_its_tasks(self, tc: LocalTaskcluster, root: Caller) -> None:
        queue = QueueClient(tc)
        task_id = queue.create()
        tc.configure(github_builds=[build(task_id), build("FAkI05yUSGqRv214J1ZCCA", sha="f" * 40)])
        cancelled = root("POST", f"{GITHUB}/builds/demo-org/demo-repo/cancel?sha={SHA}").json["builds"]
        assert [one["taskGroupId"] for one in cancelled] == [task_id]
        status = root("GET", f"/api/queue/v1/task/{task_id}/status").json["status"]
        assert status["runs"][0]["reasonResolved"] == "canceled"
        assert "sealed" in root("GET", f"/api/queue/v1/task-group/{task_id}").json
        states = {one["sha"]: one["state"] for one in root("GET", f"{GITHUB}/builds").json["builds"]}
        assert states == {SHA: "cancelled", "f" * 40: "pending"}

    @pytest.mark.parametrize("query", [f"sha={SHA}", "organization=demo-org&pullRequest=1"])
    def test_what_makes_no_sense_alone(self, root: Caller, query: str) -> None:
        assert root("GET", f"{GITHUB}/builds?{query}").code == "InputError"


class TestRepository:
    @pytest.fixture(autouse=True)
    def installation(self, tc: LocalTaskcluster) -> None:
        tc.configure(github_repositories={"demo-org/demo-repo": {"main": SHA}})

    def give_status(self, root: Caller, state: str, sha: str = SHA) -> None:
        payload = {"state": state, "target_url": "https://example.com/" + state}
        assert root("POST", f"{REPOSITORY}/statuses/{sha}", payload).json == {}

    def test_is_installed(self, root: Caller) -> None:
        assert root("GET", REPOSITORY).json == {"installed": True}

    def test_latest_status_of_the_branch(self, root: Caller) -> None:
        assert root("GET", f"{REPOSITORY}/main/latest").message == "Status not found"
        self.give_status(root, "pending")
        self.give_status(root, "success")
        self.give_status(root, "failure", sha="f" * 40)
        reply = root("GET", f"{REPOSITORY}/main/latest")
        assert (reply.status, reply.headers["location"]) == (303, "https://example.com/success")
        assert root("GET", f"{REPOSITORY}/other/latest").status == 404

    def test_status_that_leads_nowhere(self, root: Caller) -> None:
        root("POST", f"{REPOSITORY}/statuses/{SHA}", {"state": "success"})
        assert root("GET", f"{REPOSITORY}/main/latest").status == 404

    def test_badge_follows_the_status(self, root: Caller) -> None:
        shown = [root("GET", f"{REPOSITORY}/main/badge.svg")]
        for state in ("pending", "success"):
            self.give_status(root, state)
            shown.append(root("GET", f"{REPOSITORY}/main/badge.svg"))
        states = ["newrepo", "pending", "success"]
        assert [reply.headers["x-taskcluster-status"] for reply in shown] == states
        assert all(state.encode() in reply.content for state, reply in zip(states, shown, strict=True))

    def test_comment(self, root: Caller) -> None:
        assert root("POST", f"{REPOSITORY}/issues/1/comments", {"body": "text"}).json == {}


class TestTaskclusterYml:
    def render(self, root: Caller, body: str, **fake: Any) -> Any:
        names = {"organization": "demo-org", "repository": "demo-repo"}
        payload = {"body": body, "fakeEvent": {"type": "github-push", **fake}, **names}
        return root("POST", YML, payload)

    @pytest.mark.parametrize(
        ("fake", "role"),
        [
            ({"type": "github-push"}, "branch:main"),
            ({"type": "github-push", "overrides": {"ref": "refs/heads/a/b"}}, "branch:a/b"),
            ({"type": "github-push", "overrides": {"ref": "refs/tags/v1"}}, "tag:v1"),
            ({"type": "github-pull-request", "action": "opened"}, "pull-request"),
            ({"type": "github-pull-request-untrusted", "action": "opened"}, "pull-request-untrusted"),
            ({"type": "github-issue-comment", "action": "created"}, "pull-request"),
            ({"type": "github-release", "action": "published"}, "release:published"),
        ],
    )
    def test_role_of_each_event(self, root: Caller, fake: dict[str, Any], role: str) -> None:
        answer = self.render(root, "version: 1\ntasks: []", **fake).json
        assert answer["scopes"] == [
            f"assume:repo:github.com/demo-org/demo-repo:{role}",
            "queue:route:statuses",
            "queue:scheduler-id:taskcluster-github",
        ]

    def test_template_sees_the_event(self, root: Caller) -> None:
        body = """
            version: 1
            tasks:
              $if: 'tasks_for == "github-pull-request" && event.action == "opened"'
              then:
                - {n: '${event.pull_request.number}', url: '${event.repository.clone_url}'}
        """
        overrides = {"pull_request": {"number": 7}}
        fake = {"type": "github-pull-request", "action": "opened", "overrides": overrides}
        [made] = self.render(root, body, **fake).json["tasks"]
        assert made["task"]["n"] == "7"
        assert made["task"]["url"] == "https://github.com/demo-org/demo-repo.git"
        assert self.render(root, body, **fake | {"action": "closed"}).json["tasks"] == []

    def test_tasks_come_after_what_they_depend_on(self, root: Caller) -> None:
        body = """
            version: 1
            tasks:
              - {taskId: {$eval: 'as_slugid("test")'}, dependencies: ['${as_slugid("build")}'], name: test}
              - {taskId: {$eval: 'as_slugid("build")'}, name: build, routes: [mine]}
        """
        build, test = self.render(root, body).json["tasks"]
        assert (build["task"]["name"], test["task"]["name"]) == ("build", "test")
        assert test["task"]["dependencies"] == [build["taskId"]]
        assert build["task"]["routes"] == ["mine", "statuses"]
        assert build["task"]["taskGroupId"] == test["task"]["taskGroupId"] != build["taskId"]

    @pytest.mark.parametrize("name", ["taskId", "taskGroupId"])
    def test_single_task_shares_its_id_with_the_group(self, root: Caller, name: str) -> None:
        task_id = "FAkI05yUSGqRv214J1ZCCA"
        [made] = self.render(root, f"version: 1\ntasks: [{{{name}: {task_id}}}]").json["tasks"]
        assert made["taskId"] == made["task"]["taskGroupId"] == task_id

    @pytest.mark.parametrize(
        ("body", "problem"),
        [
            ("a: [", "no YAML"),
            ("[]", "must be an object"),
            ("version: 9", "`version`"),
            ("version: 1\ntasks: 1", "data/tasks must be array"),
            ("version: 1\ntasks: [1]", "data/tasks/0 must be object"),
            ("version: 1\ntasks: {$eval: nothing}", "unknown context value nothing"),
            ("version: 1\ntasks: [{taskId: a, dependencies: [a]}]", "in a cycle"),
            ("version: 1\ntasks: [{taskId: [a]}]", "data/tasks/0/taskId must be string"),
            ("version: 1\ntasks: [{routes: 1}]", "data/tasks/0/routes must be array"),
            ("version: 1\ntasks: [{dependencies: [[a]]}]", "data/tasks/0/dependencies/0 must be string"),
        ],
    )
    def test_what_cannot_be_rendered(self, root: Caller, body: str, problem: str) -> None:
        reply = self.render(root, body)
        assert (reply.status, reply.code) == (400, "InputError"), reply
        assert problem in reply.message

    def test_version_0_is_not_offered(self, root: Caller) -> None:
        assert self.render(root, "version: 0\ntasks: []").status == 501
