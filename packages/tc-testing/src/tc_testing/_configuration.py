"""The accounts outside of Taskcluster that the services may be set up to use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, NotRequired, TypedDict

__all__ = ["AzureAccount", "Configuration", "ConfigurationOptions", "GithubBuild"]


class AzureAccount(TypedDict, total=False):
    """What an Azure storage account has, by name."""

    tables: Collection[str]
    containers: Collection[str]


class GithubBuild(TypedDict):
    """A build, in the form in which `github.builds` answers it."""

    organization: str
    repository: str
    sha: str
    state: Literal["pending", "success", "error", "failure", "cancelled"]
    taskGroupId: str
    eventType: str
    eventId: str
    created: str
    updated: str
    pullRequestNumber: NotRequired[int]


@dataclass(slots=True)
class Configuration:
    """What is set up. By default only what was in the recorded deployment: one bucket and no account.

    Attributes:
        aws_buckets: names of the S3 buckets that `auth.awsS3Credentials` gives credentials for.
        azure_accounts: Azure storage accounts by name.
        gcp_service_accounts: e-mail addresses of the service accounts that `auth.gcpCredentials` gives tokens for.
        github_apps: the owners by the name of the GitHub app that is installed on them, for
            `auth.githubRepoToken`.
        github_builds: the builds that `github.builds` lists.
        github_repositories: by `owner/name` of the repositories that have the GitHub integration: the commit
            that is at the head of each branch.
        sentry_projects: names of the projects that `auth.sentryDSN` gives DSNs for.
        matrix: whether `notify.matrix` can send.
        slack: whether `notify.slack` can send.
        worker_providers: the types, `aws`, `azure` or `google`, of the providers that worker pools may have
            besides `static`, by their ids.
    """

    aws_buckets: Collection[str] = ("public-bucket",)
    azure_accounts: Mapping[str, AzureAccount] = field(default_factory=dict[str, AzureAccount])
    gcp_service_accounts: Collection[str] = ()
    github_apps: Mapping[str, Collection[str]] = field(default_factory=dict[str, Collection[str]])
    github_builds: Collection[GithubBuild] = ()
    github_repositories: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    sentry_projects: Collection[str] = ()
    matrix: bool = False
    slack: bool = False
    worker_providers: Mapping[str, str] = field(default_factory=dict[str, str])


class ConfigurationOptions(TypedDict, total=False):
    """The attributes of `Configuration`, as keyword arguments."""

    aws_buckets: Collection[str]
    azure_accounts: Mapping[str, AzureAccount]
    gcp_service_accounts: Collection[str]
    github_apps: Mapping[str, Collection[str]]
    github_builds: Collection[GithubBuild]
    github_repositories: Mapping[str, Mapping[str, str]]
    sentry_projects: Collection[str]
    matrix: bool
    slack: bool
    worker_providers: Mapping[str, str]
