"""Plans that lack a feature, as sentry.io has them: an organization whose slug ends with `-free` has no key rate limits."""

from django.apps import AppConfig


class Plan(AppConfig):
    name = "plan"

    def ready(self):
        from sentry import features
        from sentry.features.handler import FeatureHandler

        class WithoutRateLimits(FeatureHandler):
            features = {"projects:rate-limits"}

            def has(self, feature, actor, skip_entity=False):
                # None leaves the answer to the settings.
                return False if feature.project.organization.slug.endswith("-free") else None

            def batch_has(self, feature_names, actor, projects=None, organization=None, batch=True):
                return None

        features.add_handler(WithoutRateLimits())
