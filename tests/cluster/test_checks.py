"""What `check` finds on a real Kubernetes before anything is written: each permission that is missing under RBAC, and planted problems."""
import json
import unittest

import installation
from case import LICENSE, ClusterCase, kubectl

RBAC = "rbac.authorization.k8s.io/v1"
KINDS = {("", "serviceaccounts"), ("", "configmaps"), ("batch", "jobs"), ("apps", "daemonsets"), ("", "secrets"), ("rbac.authorization.k8s.io", "roles"),
         ("rbac.authorization.k8s.io", "rolebindings"), ("", "services"), ("batch", "cronjobs"), ("apps", "deployments"), ("apps", "statefulsets"),
         ("networking.k8s.io", "networkpolicies"), ("", "persistentvolumeclaims"), ("policy", "poddisruptionbudgets")}
DELETED = {("", "configmaps"), ("", "secrets"), ("", "services"), ("", "serviceaccounts"), ("apps", "deployments"), ("apps", "statefulsets"),
           ("batch", "jobs"), ("", "persistentvolumeclaims")}
# Without these the migration finds another way.
WAY_ROUND = {("get", "", "pods/exec"), *((verb, "coordination.k8s.io", "leases") for verb in ("create", "get", "patch", "delete"))}


def permissions():
    """Everything that a whole migration of the sample needs in its namespace, as (verb, group, resource)."""
    # Of the sample's Jobs none stays: the one there is made by a hook, and goes.
    needed = {(verb, *kind) for kind in KINDS for verb in ("list", "patch", "get")} - {("patch", "batch", "jobs")}
    needed |= {("delete", *kind) for kind in DELETED}
    needed |= {("patch", "networking.k8s.io", "ingresses"), ("get", "networking.k8s.io", "ingresses"), ("create", "batch", "jobs"), ("create", "", "secrets"),
               ("watch", "batch", "jobs"), ("list", "", "pods"), ("watch", "", "pods"), ("get", "", "pods/log")}
    return needed | WAY_ROUND


# RBAC knows no object that it may not be asked for: what only helps (a read-back, an optional look) is not named.
NAMED = {one for one in permissions() if one[0] != "get" or one[1:] in {("", "secrets"), ("batch", "jobs"), ("apps", "statefulsets"), ("", "pods/log"),
                                                                     ("coordination.k8s.io", "leases")}}


def name_of(verb, group, resource):
    plural, _, subresource = resource.partition("/")
    return f"{verb} {plural}{'.' + group if group else ''}{'/' + subresource if subresource else ''}"


class Permissions(ClusterCase):
    namespace = "circleci-rights"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.install(cls.config_of("values-3.x-aws.yaml"))
        cluster = {"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": f"{cls.namespace}-nodes-user"}, "rules": [
            {"apiGroups": [""], "resources": ["namespaces", "persistentvolumes"], "verbs": ["get", "list", "patch"]},
            {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles", "clusterrolebindings"], "verbs": ["get", "patch"]},
            # Who gives a Role marks needs what the Role gives, or "escalate".
            {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "clusterroles"], "verbs": ["escalate", "bind"]}]}
        binding = {"apiVersion": RBAC, "kind": "ClusterRoleBinding", "metadata": {"name": f"{cls.namespace}-nodes-user"},
                   "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"{cls.namespace}-nodes-user"},
                   "subjects": [{"kind": "User", "name": "jane", "apiGroup": "rbac.authorization.k8s.io"}]}
        kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": [cluster, binding]}))
        cls.apply([{"apiVersion": RBAC, "kind": "RoleBinding", "metadata": {"name": "jane"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "jane"},
                    "subjects": binding["subjects"]}])

    @classmethod
    def tearDownClass(cls):
        kubectl("delete", f"clusterrole/{cls.namespace}-nodes-user", f"clusterrolebinding/{cls.namespace}-nodes-user")
        super().tearDownClass()

    def allow(self, wanted):
        rules = [{"apiGroups": [group], "resources": [resource], "verbs": [verb]} for verb, group, resource in sorted(wanted)]
        role = {"apiVersion": RBAC, "kind": "Role", "metadata": {"name": "jane", "namespace": self.namespace}, "rules": rules}
        kubectl("apply", "-f", "-", stdin=json.dumps(role))

    def check(self):
        done = self.kots_export("check", "--as", "jane", "--license", LICENSE, "-o", "json", timeout=60)
        report = json.loads(done.stdout)
        return done.returncode, {item["id"]: item for item in report["checks"]}

    def test_1_all_that_is_needed_is_enough(self):
        self.allow(permissions())
        code, checks = self.check()
        self.assertEqual(code, 0, checks)
        self.assertEqual((checks["reading"]["status"], checks["permissions"]["status"]), ("ok", "ok"), checks)

    def test_2_each_single_permission_that_is_missing_is_the_one_that_is_named(self):
        before = self.versions()
        mark = self.audit_mark()
        for one in sorted(NAMED):
            with self.subTest(missing=name_of(*one)):
                self.allow(permissions() - {one})
                code, checks = self.check()
                told = [item["detail"] for key, item in checks.items() if key in ("reading", "permissions") and item["status"] in ("failed", "warning")]
                self.assertTrue(told, checks)
                for text in told:
                    self.assertRegex(text, rf"^this user may not: {name_of(*one)}( \([^;]*\))?$")
        # A claim is bound by its controller, in its own time.
        def ours(versions):
            return {key: version for key, version in versions.items() if key != "Role/jane" and not key.startswith("PersistentVolumeClaim/")}
        self.assertEqual(ours(before), ours(self.versions()))
        self.assertEqual(self.writes_since(mark), [])

    def test_3_a_run_ends_before_its_first_write(self):
        self.allow(permissions() - {("delete", "apps", "statefulsets")})
        mark = self.audit_mark()
        done = self.kots_export("--as", "jane", "--license", LICENSE, "--yes")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("delete statefulsets.apps (postgresql)", done.stderr)
        self.assertEqual(self.writes_since(mark), [])


class PlantedProblems(ClusterCase):
    namespace = "circleci-checks"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.config = cls.config_of("values-3.x-aws.yaml")
        cls.apply(installation.objects(cls.namespace, cls.config))

    def check(self, *words):
        mark = self.audit_mark()
        done = self.kots_export("check", "--license", LICENSE, "-o", "json", *words, timeout=60)
        self.assertEqual(self.writes_since(mark), [])
        return done.returncode, {item["id"]: item for item in json.loads(done.stdout)["checks"]}

    def put_release(self, revision, status, chart_version="3.4.6", manifest=""):
        secret = installation.release_secret("circleci-server", self.namespace, self.config, manifest, revision, chart_version)
        secret["metadata"]["labels"]["status"] = status
        kubectl("-n", self.namespace, "apply", "-f", "-", stdin=json.dumps(secret))
        self.addCleanup(kubectl, "-n", self.namespace, "delete", "secret", secret["metadata"]["name"])

    def test_clock_and_version_are_read(self):
        _, checks = self.check()
        self.assertEqual(checks["clock"]["status"], "ok", checks["clock"])
        self.assertIn("v1.20", checks["server-version"]["detail"])

    def test_force_is_refused_where_the_server_keeps_no_address(self):
        self.put_release(2, "deployed", manifest="apiVersion: v1\nkind: Service\nmetadata: {name: forced}\n")
        self.apply([{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "forced"}, "spec": {"ports": [{"port": 80}]}}])
        self.addCleanup(kubectl, "-n", self.namespace, "delete", "service", "forced")
        # Not the versions of all: a claim may be bound at this moment by its controller.
        mark = self.audit_mark()
        before = self.versions()["Service/forced"]
        _, checks = self.check()
        self.assertEqual(checks["helm-force"]["status"], "note", checks["helm-force"])
        self.assertIn("primary clusterIP can not be unset", checks["helm-force"]["detail"])
        self.assertEqual(self.versions()["Service/forced"], before)
        self.assertEqual(self.writes_since(mark), [])

    def test_a_pending_upgrade(self):
        self.put_release(2, "pending-upgrade")
        code, checks = self.check()
        self.assertEqual((code, checks["release-status"]["status"]), (4, "failed"))
        self.assertIn("helm rollback circleci-server 1", checks["release-status"]["remedy"])

    def test_a_release_of_server_4(self):
        self.put_release(2, "deployed", "4.0.1")
        code, checks = self.check()
        self.assertEqual((code, checks["release-chart"]["status"]), (4, "failed"))
        self.assertIn("there is nothing to migrate", checks["release-chart"]["detail"])

    def test_an_api_version_that_the_server_does_not_serve(self):
        self.put_release(2, "deployed", manifest="apiVersion: extensions/v1alpha1\nkind: Ingress\nmetadata: {name: old}\n")
        code, checks = self.check()
        self.assertEqual((code, checks["manifest-apis"]["status"]), (4, "failed"))
        self.assertIn("Ingress old (extensions/v1alpha1)", checks["manifest-apis"]["detail"])

    def test_no_frontend(self):
        code, checks = self.check()
        self.assertEqual((code, checks["database"]["status"]), (4, "failed"))

    def test_sidecars(self):
        kubectl("label", "namespace", self.namespace, "istio-injection=enabled")
        self.addCleanup(kubectl, "label", "namespace", self.namespace, "istio-injection-")
        self.assertEqual(self.check()[1]["sidecars"]["status"], "warning")


if __name__ == "__main__":
    unittest.main()
