"""Credentials for services outside of Taskcluster: stand-ins for where an account is configured."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from tc_core import json_date

from ..._calls import Answer, Call, Handlers
from ..._configuration import AzureAccount
from ..._errors import APIError
from ..._json import write

__all__ = ["handlers"]

handlers = Handlers()

_AWS_LASTS = timedelta(hours=1)
_AZURE_LASTS = timedelta(minutes=25)
_AZURE_CLOCKS_DIFFER = timedelta(minutes=15)
_GCP_LASTS = timedelta(hours=1)
_GITHUB_LASTS = timedelta(hours=1)
_SENTRY_LASTS = timedelta(days=1)
_WEBSOCKTUNNEL_LASTS = timedelta(hours=96)


@handlers("awsS3Credentials")
async def aws_s3_credentials(call: Call) -> Answer:
    call.authorize(levelIsReadOnly=_is_read_only(call))
    bucket, prefix = call.params["bucket"], call.params["prefix"]
    if prefix.startswith("/"):
        raise APIError("InputError", "The `prefix` must not start with a slash `/`")
    if bucket not in call.state.configuration.aws_buckets:
        raise APIError("ResourceNotFound", f"No credentials available for bucket {bucket}")
    now, expires = call.state.clock.now(), _expires(call, _AWS_LASTS)
    key_id, key, token = f"ASIA{secrets.token_hex(8).upper()}", secrets.token_hex(20), secrets.token_hex(64)
    if call.query.get("format") == "iam-role-compat":
        return {
            "Code": "Success",
            "Type": "AWS-HMAC",
            "LastUpdated": json_date(now),
            "AccessKeyId": key_id,
            "SecretAccessKey": key,
            "Token": token,
            "Expiration": expires,
        }
    credentials = {"accessKeyId": key_id, "secretAccessKey": key, "sessionToken": token}
    return {"credentials": credentials, "expires": expires}


@handlers("azureAccounts")
async def azure_accounts(call: Call) -> Answer:
    return {"accounts": sorted(call.state.configuration.azure_accounts)}


@handlers("azureTables")
async def azure_tables(call: Call) -> Answer:
    return {"tables": sorted(_azure_account(call, "").get("tables", ()))}


@handlers("azureTableSAS")
async def azure_table_sas(call: Call) -> Answer:
    call.authorize(levelIsReadOnly=_is_read_only(call))
    account, table = _azure_account(call, ""), call.params["table"]
    if _is_read_only(call) and table not in account.get("tables", ()):
        raise APIError("ResourceNotFound", f"Table '{table}' not found, can't delegate access")
    return _signature(call, {"tn": table, "sp": "r" if _is_read_only(call) else "raud"})


@handlers("azureContainers")
async def azure_containers(call: Call) -> Answer:
    return {"containers": sorted(_azure_account(call, ".").get("containers", ()))}


@handlers("azureContainerSAS")
async def azure_container_sas(call: Call) -> Answer:
    call.authorize(levelIsReadOnly=_is_read_only(call))
    account, container = _azure_account(call, "."), call.params["container"]
    if _is_read_only(call) and container not in account.get("containers", ()):
        raise APIError("ResourceNotFound", f"Container '{container}' not found, can't delegate access")
    return _signature(call, {"sr": "c", "sp": "rl" if _is_read_only(call) else "rwdl"})


@handlers("sentryDSN")
async def sentry_dsn(call: Call) -> Answer:
    project = call.params["project"]
    if project not in call.state.configuration.sentry_projects:
        raise APIError("ResourceNotFound", "Sentry credentials not found")
    public, secret = secrets.token_hex(16), secrets.token_hex(16)
    host = f"sentry.example.com/{project}"
    dsn = {"secret": f"https://{public}:{secret}@{host}", "public": f"https://{public}@{host}"}
    return {"project": project, "dsn": dsn, "expires": _expires(call, _SENTRY_LASTS)}


@handlers("gcpCredentials")
async def gcp_credentials(call: Call) -> Answer:
    account = call.params["serviceAccount"]
    if account not in call.state.configuration.gcp_service_accounts:
        raise APIError("InvalidRequestArguments", f"The service account {account} isn't allowed")
    return {"accessToken": f"ya29.{secrets.token_urlsafe(96)}", "expireTime": _expires(call, _GCP_LASTS)}


@handlers("githubRepoToken")
async def github_repo_token(call: Call) -> Answer:
    payload, app = call.payload, call.params["appName"]
    # GitHub looks at no case in names, so scopes have them in lower case.
    owner = call.params["owner"].lower()
    call.authorize(
        owner=owner,
        repoPerms=[
            f"{repository.lower()}:{permission}:{level}"
            for permission, level in payload["permissions"].items()
            for repository in payload["repositories"]
        ],
    )
    owners = call.state.configuration.github_apps.get(app)
    if owners is None:
        raise APIError("ResourceNotFound", f"Application with name `{app}` is not configured")
    if owner not in map(str.lower, owners):
        raise APIError("ResourceNotFound", f"Application with name `{app}` is not installed on `{owner}`")
    return {"token": f"ghs_{secrets.token_hex(18)}", "expires": _expires(call, _GITHUB_LASTS)}


@handlers("websocktunnelToken")
async def websocktunnel_token(call: Call) -> Answer:
    audience, client = call.params["wstAudience"], call.params["wstClient"]
    now = call.state.clock.now().replace(microsecond=0)
    expires = now + _WEBSOCKTUNNEL_LASTS
    claims = {"tid": client, "iat": _seconds(now), "nbf": _seconds(now), "exp": _seconds(expires)}
    token = _json_web_token({**claims, "aud": audience, "sub": client})
    return {"wstClient": client, "wstAudience": audience, "token": token, "expires": json_date(expires)}


def _is_read_only(call: Call) -> bool:
    return call.params["level"] == "read-only"


def _expires(call: Call, lasts: timedelta) -> str:
    return json_date(call.state.clock.now() + lasts)


def _azure_account(call: Call, full_stop: str) -> AzureAccount:
    """The account that the path names. Raises APIError 404, which ends in a full stop for some methods only."""
    name = call.params["account"]
    account = call.state.configuration.azure_accounts.get(name)
    if account is None:
        raise APIError("ResourceNotFound", f"Account '{name}' not found, can't delegate access{full_stop}")
    return account


def _signature(call: Call, what: dict[str, str]) -> Answer:
    """A shared access signature that nobody checks."""
    now = call.state.clock.now()
    start, expiry = json_date(now - _AZURE_CLOCKS_DIFFER), json_date(now + _AZURE_LASTS)
    signature = base64.b64encode(secrets.token_bytes(32)).decode()
    parameters = {"sv": "2019-02-02", **what, "st": start, "se": expiry, "spr": "https", "sig": signature}
    return {"sas": urlencode(parameters), "expiry": expiry}


def _json_web_token(claims: dict[str, Any]) -> str:
    """A token as RFC 7519 has it, signed with a key that is used once: no websocktunnel is here to check it."""
    signed = b".".join(map(_base64, (write({"alg": "HS256", "typ": "JWT"}), write(claims))))
    signature = hmac.new(secrets.token_bytes(32), signed, hashlib.sha256).digest()
    return b".".join((signed, _base64(signature))).decode()


def _base64(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def _seconds(time: datetime) -> int:
    return int(time.timestamp())
