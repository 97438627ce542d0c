"""A 3.x installation as KOTS makes it: objects with KOTS's marks and without Helm's, the release Secret as revision 1."""
import base64
import gzip
import json

PASSWORD = "p@ss w0rd'\"&%+#"
KOTS_LABELS = {"kots.io/app-slug": "circleci-server", "kots.io/backup": "velero"}
KOTS_ANNOTATIONS = {"kots.io/app-slug": "circleci-server"}
BB = "docker.io/library/bb:1"


def text64(text):
    return base64.b64encode(text.encode()).decode()


def made_by_kots(kind, name, api_version="v1", kots=True, **fields):
    metadata = {"name": name}
    if kots:
        metadata.update(labels=dict(KOTS_LABELS), annotations=dict(KOTS_ANNOTATIONS))
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def kotsadm(kind, name, api_version="v1", **fields):
    item = made_by_kots(kind, name, api_version, kots=False, **fields)
    item["metadata"]["labels"] = {"kots.io/kotsadm": "true", "kots.io/backup": "velero"}
    return item


def pods(app, image=BB, **spec):
    return {"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": app, "image": image}], **spec}}


def workload(kind, name, **spec):
    return made_by_kots(kind, name, "apps/v1", spec={"selector": {"matchLabels": {"app": name}}, "template": pods(name), **spec})


def release_secret(name, namespace, config, manifest="", revision=1, chart_version="3.4.6"):
    release = {
        "name": name, "namespace": namespace, "version": revision, "config": config, "manifest": manifest,
        "info": {"first_deployed": "2022-01-01T00:00:00Z", "last_deployed": "2022-01-01T00:00:00Z", "deleted": "", "description": "", "status": "deployed"},
        "chart": {"metadata": {"name": name, "version": chart_version, "apiVersion": "v2"}, "templates": [], "values": {}, "lock": None, "schema": None, "files": None},
    }
    data = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(release).encode()))).decode()
    return {"apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1", "data": {"release": data},
            "metadata": {"name": f"sh.helm.release.v1.{name}.v{revision}",
                         "labels": {"owner": "helm", "name": name, "status": "deployed", "version": str(revision)}}}


def manifest_of(namespace):
    return (f"---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: frontend\n"
            f"---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {namespace}-nodes\n")


def database():
    """PostgreSQL in a Pod of its StatefulSet; the migrator reaches it by the Pod's address (the node has no kube-proxy)."""
    container = {"name": "postgresql", "image": "docker.io/library/postgres:15",
                 "securityContext": {"runAsUser": 999, "runAsGroup": 999},
                 "env": [{"name": "POSTGRES_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "postgresql", "key": "postgresql-password"}}}],
                 "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                 "readinessProbe": {"tcpSocket": {"port": 5432}, "periodSeconds": 1}}
    template = {"metadata": {"labels": {"app": "postgresql"}},
                "spec": {"securityContext": {"fsGroup": 999}, "containers": [container], "volumes": [{"name": "data", "emptyDir": {}}]}}
    return [made_by_kots("Secret", "postgresql", data={"postgresql-password": text64(PASSWORD)}),
            made_by_kots("StatefulSet", "postgresql", "apps/v1",
                         spec={"serviceName": "postgresql", "replicas": 1, "selector": {"matchLabels": {"app": "postgresql"}}, "template": template})]


def frontend(host):
    """POSTGRES_HOST from a ConfigMap, the password from a Secret, port and user name only from the image's environment."""
    env = [{"name": "DB_HOST", "valueFrom": {"configMapKeyRef": {"name": "frontend-config", "key": "host"}}},
           {"name": "POSTGRES_HOST", "value": "$(DB_HOST)"},
           {"name": "POSTGRES_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "postgresql", "key": "postgresql-password"}}}]
    template = {"metadata": {"labels": {"app": "frontend"}}, "spec": {"terminationGracePeriodSeconds": 0, "containers": [{"name": "frontend", "image": BB, "env": env}]}}
    return [made_by_kots("ConfigMap", "frontend-config", data={"host": host}),
            made_by_kots("Deployment", "frontend", "apps/v1", spec={"replicas": 1, "selector": {"matchLabels": {"app": "frontend"}}, "template": template})]


def objects(namespace, config):
    """Everything but database and frontend."""
    rbac = "rbac.authorization.k8s.io/v1"
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}, "storageClassName": "", "volumeName": f"{namespace}-kotsadm"}
    return [
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"{namespace}-kotsadm"},
         "spec": {"capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Delete",
                  "hostPath": {"path": f"/tmp/{namespace}-kotsadm"}, "claimRef": {"namespace": namespace, "name": "kotsadm-data"}}},
        made_by_kots("ServiceAccount", "frontend"),
        made_by_kots("Service", "frontend", spec={"clusterIP": "None", "selector": {"app": "frontend"}, "ports": [{"port": 80}]}),
        made_by_kots("Role", "frontend", rbac, rules=[{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]),
        made_by_kots("RoleBinding", "frontend", rbac, roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "frontend"},
                     subjects=[{"kind": "ServiceAccount", "name": "frontend", "namespace": namespace}]),
        made_by_kots("ClusterRole", f"{namespace}-nodes", rbac, rules=[{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list"]}]),
        made_by_kots("NetworkPolicy", "frontend", "networking.k8s.io/v1", spec={"podSelector": {"matchLabels": {"app": "none"}}, "policyTypes": ["Ingress"]}),
        made_by_kots("Ingress", "frontend", "networking.k8s.io/v1", spec={"defaultBackend": {"service": {"name": "frontend", "port": {"number": 80}}}}),
        made_by_kots("PodDisruptionBudget", "frontend", "policy/v1beta1", spec={"minAvailable": 0, "selector": {"matchLabels": {"app": "frontend"}}}),
        made_by_kots("CronJob", "cleaner", "batch/v1beta1", spec={"schedule": "0 3 * * *", "suspend": True, "jobTemplate": {
            "spec": {"template": pods("cleaner", restartPolicy="Never")}}}),
        workload("DaemonSet", "agent", template=pods("agent", nodeSelector={"none": "such"})),
        workload("Deployment", "workers", replicas=0),
        made_by_kots("PersistentVolumeClaim", "datadir", spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}, "storageClassName": "none"}),
        made_by_kots("Job", "inject-bottoken-abc12", "batch/v1", spec={"parallelism": 0, "template": pods("inject", restartPolicy="Never")}),
        kotsadm("ConfigMap", "kotsadm-confg"),
        kotsadm("Secret", "kotsadm-password", data={"passwordBcrypt": text64("x")}),
        kotsadm("Service", "kotsadm", spec={"selector": {"app": "kotsadm"}, "ports": [{"port": 3000}]}),
        kotsadm("ServiceAccount", "kotsadm"),
        kotsadm("Deployment", "kotsadm", "apps/v1", spec={"replicas": 0, "selector": {"matchLabels": {"app": "kotsadm"}}, "template": pods("kotsadm")}),
        kotsadm("PersistentVolumeClaim", "kotsadm-data", spec=claim),
        made_by_kots("Secret", "kotsadm-sessions", kots=False),
        made_by_kots("Secret", "kotsadm-replicated-registry", kots=False),
        {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson", "metadata": {"name": "regcred"},
         "data": {".dockerconfigjson": text64('{"auths":{"cciserver.azurecr.io":{"username":"u","password":"p","auth":"dTpw"}}}')}},
        release_secret("circleci-server", namespace, config, manifest_of(namespace)),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other-config", "labels": {"app.kubernetes.io/managed-by": "Helm"},
         "annotations": {"meta.helm.sh/release-name": "other", "meta.helm.sh/release-namespace": namespace}}},
        release_secret("other", namespace, {}, chart_version="1.0.0"),
    ]
