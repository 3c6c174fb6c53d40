"""What is done to the real server behind its API. Each function is one order; what it gives back is JSON."""

import datetime
import hashlib
import json

from django.utils import timezone
from sentry.models import (
    ApiToken,
    AuditLogEntry,
    Organization,
    OrganizationMember,
    Project,
    ProjectKey,
    SentryApp,
    SentryAppInstallation,
    Team,
    User,
    UserReport,
)
from sentry.models.orgauthtoken import OrgAuthToken
from sentry.sentry_apps.apps import SentryAppCreator
from sentry.utils.security.orgauthtoken_token import generate_token, hash_token


def organization(slug):
    """An organization with an owner and a team."""
    found = Organization.objects.create(name=slug, slug=slug)
    member(found, "owner", "owner")
    Team.objects.create(organization=found, name="team", slug=f"{slug}-team")
    return {"id": found.id}


def member(organization, name, role):
    """A person with this role, in no team."""
    email = f"{name}@{organization.slug}.example"
    user = User.objects.create(username=email, email=email, name=name, is_active=True)
    OrganizationMember.objects.create(organization=organization, user_id=user.id, role=role)
    return user


def owner(organization):
    return User.objects.get(username=f"owner@{organization.slug}.example")


def project(organization, slug):
    """A project, with the key that Sentry itself gives it."""
    found = Organization.objects.get(slug=organization)
    made = Project.objects.create(organization=found, name=slug, slug=slug, platform="python")
    made.add_team(Team.objects.get(organization=found))
    return {"id": made.id}


def token(organization, scopes, kind, expired=False):
    """A token of an internal integration of its own, of a person with this role, or of the organization."""
    found = Organization.objects.get(slug=organization)
    if kind == "organization":
        value = generate_token(found.slug, "http://sentry.example")
        OrgAuthToken.objects.create(
            organization_id=found.id,
            name="conformance",
            token_hashed=hash_token(value),
            token_last_characters=value[-4:],
            scope_list=["org:ci"],
            created_by_id=owner(found).id,
        )
        return {"token": value}
    if kind == "integration":
        made = integration(organization, f"integration-{hashlib.sha1(repr(timezone.now()).encode()).hexdigest()[:12]}", scopes)
        value = made["token"]
    else:
        number = OrganizationMember.objects.filter(organization=found).count()
        user = member(found, f"{kind}-{number}", kind)
        value = ApiToken.objects.create(user_id=user.id, scope_list=scopes).token
    if expired:
        ApiToken.objects.filter(token=value).update(expires_at=timezone.now() - datetime.timedelta(days=1))
    return {"token": value}


def tokens_of_one_scope(organization, scopes):
    user = owner(Organization.objects.get(slug=organization))
    return {"tokens": [ApiToken.objects.create(user_id=user.id, scope_list=[scope]).token for scope in scopes]}


def integration(organization, name, scopes):
    """An internal integration and its first token."""
    found = Organization.objects.get(slug=organization)
    creator = SentryAppCreator(
        name=name,
        author=organization,
        organization_id=found.id,
        is_internal=True,
        scopes=scopes,
        verify_install=False,
    )
    app = creator.run(user=owner(found))
    installation = SentryAppInstallation.objects.get(sentry_app=app)
    return {"slug": app.slug, "token": installation.api_token.token}


def revoke(token):
    ApiToken.objects.filter(token=token).delete()
    OrgAuthToken.objects.filter(token_hashed=hash_token(token)).delete()
    return {}


def created(key, days):
    """Makes a key so many days old."""
    ProjectKey.objects.filter(public_key=key).update(date_added=timezone.now() - datetime.timedelta(days=days))
    return {}


def counts(organization):
    """What the database holds of an organization."""
    found = Organization.objects.get(slug=organization)
    keys = ProjectKey.objects.filter(project__organization=found)
    return {
        "projects": Project.objects.filter(organization=found, status=0).count(),
        "keys": keys.count(),
        "active_keys": keys.filter(status=0).count(),
        "integrations": SentryApp.objects.filter(owner_id=found.id).count(),
        "organization_tokens": OrgAuthToken.objects.filter(organization_id=found.id).count(),
        "audit_rows": AuditLogEntry.objects.filter(organization_id=found.id).count(),
        "feedback": UserReport.objects.filter(project_id__in=Project.objects.filter(organization=found)).count(),
    }


def fingerprint(organization):
    """A digest of every row that an audit could change, or a write could leave behind."""
    found = Organization.objects.get(slug=organization)
    projects = Project.objects.filter(organization=found)
    apps = SentryApp.objects.filter(owner_id=found.id)
    rows = [
        list(table.order_by("id").values_list())
        for table in (
            Organization.objects.filter(id=found.id),
            projects,
            ProjectKey.objects.filter(project__organization=found),
            apps,
            SentryAppInstallation.objects.filter(organization_id=found.id),
            ApiToken.objects.filter(application__in=apps.values("application_id")),
            OrgAuthToken.objects.filter(organization_id=found.id),
            AuditLogEntry.objects.filter(organization_id=found.id),
            UserReport.objects.filter(project_id__in=projects),
        )
    ]
    return {"sha256": hashlib.sha256(json.dumps(rows, default=repr).encode()).hexdigest()}
