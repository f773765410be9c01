#!/usr/bin/env python3
"""Checks what deploy/kubernetes makes: by the schemas of Kubernetes and of the operators, and by rules
of our own. CANVASS_KUSTOMIZE names kustomize, CANVASS_CRDS a folder of definitions of resources."""

import copy
import functools
import glob
import itertools
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import jsonschema
import kubernetes_validate
import referencing
import yaml

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "deploy/kubernetes"
VERSIONS = ("1.30", "1.31", "1.32", "1.33", "1.34")
SCHEMAS = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
DRAIN_SECONDS = 10  # rpc::ServerOptions::drain_timeout
WORKLOADS = ("Deployment", "StatefulSet", "Job")


@functools.lru_cache(maxsize=None)
def build(folder):
    """The resources of a kustomization, in order."""
    built = subprocess.run(
        [os.environ["CANVASS_KUSTOMIZE"], "build", folder], check=True, capture_output=True, text=True
    )
    return [each for each in yaml.safe_load_all(built.stdout) if each]


def combine(*components):
    """The resources of the base with some components."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.relpath(FOLDER / path, os.path.realpath(folder)) for path in
                 ("base", *(f"components/{each}" for each in components))]
        kustomization = {"namespace": "canvass", "resources": paths[:1], "components": paths[1:]}
        pathlib.Path(folder, "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        return build(folder)


@functools.lru_cache(maxsize=None)
def everything():
    """(name, resources) of each overlay, and of each combination of components that makes sense."""
    made = {each: build(FOLDER / "overlays" / each) for each in ("local", "production")}
    databases = ("postgres", "cloudnative-pg")
    certificates = ((), ("tls",), ("cert-manager", "tls"))
    for database, secured, watched in itertools.product(databases, certificates, ((), ("monitoring",))):
        components = (database, *secured, *watched)
        made["+".join(components)] = combine(*components)
    return made


def name_of(resource):
    return f"{resource['kind']} {resource['metadata']['name']}"


def pod_of(resource):
    return resource["spec"]["template"]["spec"] if resource["kind"] in WORKLOADS else None


# --- schemas -----------------------------------------------------------------------------------


@functools.lru_cache(maxsize=None)
def definitions(version):
    """Kubernetes's own schemas refer to this one."""
    path = SCHEMAS / f"v{version}.0-local-strict/_definitions.json"
    resource = referencing.Resource.from_contents(json.loads(path.read_text()))
    return resource @ referencing.Registry()


def refuse_unknown(schema):
    """Makes a CRD's schema refuse the fields that the API server would drop in silence."""
    if isinstance(schema, list):
        return [refuse_unknown(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: refuse_unknown(value) for key, value in schema.items()}
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object" and not open_ended:
        strict["additionalProperties"] = False
    return strict


@functools.lru_cache(maxsize=None)
def custom_schemas():
    """Of each resource that an operator defines, by version and kind."""
    schemas = {}
    for path in glob.glob(os.environ["CANVASS_CRDS"] + "/*.yaml"):
        text = re.sub(r"^\s*\{\{.*\}\}\s*$", "", pathlib.Path(path).read_text(), flags=re.M)
        spec = yaml.safe_load(text)["spec"]
        for version in spec["versions"]:
            schema = refuse_unknown(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"type": "object"}
            schemas[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return schemas


@functools.lru_cache(maxsize=None)
def validator(api_version, kind, version):
    custom = custom_schemas().get((api_version, kind))
    if custom:
        return jsonschema.Draft202012Validator(custom)
    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
    path = SCHEMAS / f"v{version}.0-local-strict/{kind.lower()}-{group}.json"
    if not path.exists():
        return None
    return jsonschema.Draft202012Validator(json.loads(path.read_text()), registry=definitions(version))


@functools.lru_cache(maxsize=None)
def schema_faults(text, version):
    resource = json.loads(text)
    schema = validator(resource["apiVersion"], resource["kind"], version)
    if schema is None:
        return (f"{name_of(resource)}: Kubernetes {version} has no {resource['apiVersion']}",)
    return tuple(f"{name_of(resource)}: {'.'.join(map(str, each.path))}: {each.message[:200]}"
                 for each in schema.iter_errors(resource))


# --- rules -------------------------------------------------------------------------------------


def selects(selector, labels):
    """Whether a label selector selects; an empty one selects all."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for each in selector.get("matchExpressions") or []:
        assert each["operator"] == "In", each
        if labels.get(each["key"]) not in each["values"]:
            return False
    return True


def pod_faults(resource):
    """Pod Security's profile `restricted`, and no token of a service account."""
    pod = pod_of(resource)
    context = pod.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or context.get("runAsUser", 0) == 0:
        yield "runs as root"
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "has no seccomp profile"
    if pod.get("automountServiceAccountToken") is not False:
        yield "has a token of its service account"
    if any(pod.get(each) for each in ("hostNetwork", "hostPID", "hostIPC")):
        yield "shares the node's namespaces"
    for volume in pod.get("volumes", []):
        if not set(volume) - {"name"} <= {"configMap", "secret", "emptyDir", "projected"}:
            yield f"has the volume {volume['name']}"
        if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
            yield f"has the volume {volume['name']} without a limit"


def container_faults(resource):
    pod = pod_of(resource)
    for container in pod.get("initContainers", []) + pod["containers"]:
        context = container.get("securityContext", {})
        if context.get("privileged") or context.get("allowPrivilegeEscalation") is not False:
            yield "may get privileges"
        if context.get("readOnlyRootFilesystem") is not True:
            yield "can write to its root"
        if context.get("capabilities") != {"drop": ["ALL"]}:
            yield "has capabilities"
        for kind, what in itertools.product(("requests", "limits"), ("cpu", "memory")):
            if what not in container.get("resources", {}).get(kind, {}):
                yield f"{kind} no {what}"
        for environment in container.get("env", []):
            if "PASSWORD" in environment["name"] and "value" in environment:
                yield "has a password in its manifest"


def probe_faults(resource):
    """Of what runs for long: three probes, of which the one that kills is the most patient."""
    if resource["kind"] == "Job":
        return
    for container in pod_of(resource)["containers"]:
        patience = {}
        for kind in ("startup", "readiness", "liveness"):
            probe = container.get(kind + "Probe")
            if not probe:
                yield f"has no {kind} probe"
                continue
            patience[kind] = probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)
        if len(patience) == 3 and patience["liveness"] < 3 * patience["readiness"]:
            yield "is killed as soon as it is busy"


def drain_faults(resource):
    if resource["kind"] == "Job":
        return
    pod = pod_of(resource)
    waits = [each.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
             for each in pod["containers"]]
    if pod.get("terminationGracePeriodSeconds", 30) < max(waits) + DRAIN_SECONDS + 5:
        yield "is killed before it has drained"


def label_faults(resource):
    labels = resource["spec"]["template"]["metadata"]["labels"]
    for each in ("name", "component"):
        if f"app.kubernetes.io/{each}" not in labels:
            yield f"lacks the label app.kubernetes.io/{each}"


def cover_faults(resource, resources):
    """A policy that denies by default, one of its own, and a disruption budget."""
    labels = resource["spec"]["template"]["metadata"]["labels"]
    policies = [each["spec"] for each in resources
                if each["kind"] == "NetworkPolicy" and selects(each["spec"]["podSelector"], labels)]
    default = [each for each in policies if each["podSelector"] == {}]
    if not any(set(each["policyTypes"]) == {"Ingress", "Egress"} and
               not each.get("ingress") and not each.get("egress") for each in default):
        yield "may be reached and may reach by default"
    if len(policies) == len(default):
        yield "has no network policy of its own"
    budgets = [each for each in resources if each["kind"] == "PodDisruptionBudget"
               and selects(each["spec"]["selector"], labels)]
    if resource["kind"] != "Job" and len(budgets) != 1:
        yield f"has {len(budgets)} disruption budgets"


def reference_faults(resource, resources):
    """Configuration that is not there; secrets may come from elsewhere."""
    names = {(each["kind"], each["metadata"]["name"]) for each in resources}
    pod = pod_of(resource)
    wanted = [volume["configMap"]["name"] for volume in pod.get("volumes", []) if "configMap" in volume]
    for container in pod.get("initContainers", []) + pod["containers"]:
        wanted += [each["valueFrom"]["configMapKeyRef"]["name"] for each in container.get("env", [])
                   if "configMapKeyRef" in each.get("valueFrom", {})]
    for each in wanted:
        if ("ConfigMap", each) not in names:
            yield f"needs the ConfigMap {each}"


def rule_faults(resources):
    """What breaks a rule."""
    faults = []
    for resource in resources:
        if resource["kind"] == "Namespace":
            level = resource["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce")
            if level != "restricted":
                faults.append(f"{name_of(resource)} does not enforce restricted Pod Security")
        if resource["kind"] == "Service" and not any(
                resource["spec"]["selector"].items() <=
                each["spec"]["template"]["metadata"]["labels"].items()
                for each in resources if each["kind"] in WORKLOADS):
            faults.append(f"{name_of(resource)} selects no pod")
        if resource["kind"] not in WORKLOADS:
            continue
        for rule in (pod_faults, container_faults, probe_faults, drain_faults, label_faults):
            faults += [f"{name_of(resource)} {fault}" for fault in rule(resource)]
        for rule in (cover_faults, reference_faults):
            faults += [f"{name_of(resource)} {fault}" for fault in rule(resource, resources)]
    return faults


def images_of(resources):
    for resource in resources:
        pod = pod_of(resource)
        if pod:
            yield from (each["image"] for each in pod.get("initContainers", []) + pod["containers"])
        if resource["kind"] == "Cluster":
            yield resource["spec"]["imageName"]


class ManifestsTest(unittest.TestCase):
    def test_schemas(self):
        for (name, resources), version in itertools.product(everything().items(), VERSIONS):
            with self.subTest(name, version=version):
                faults = [fault for each in resources
                          for fault in schema_faults(json.dumps(each, sort_keys=True, default=str), version)]
                self.assertEqual(faults, [])

    def test_unknown_fields_are_refused(self):
        for kind, path in (("Deployment", ("spec", "template", "spec", "containers", 0)),
                           ("Cluster", ("spec", "postgresql")), ("Certificate", ("spec",)),
                           ("ServiceMonitor", ("spec",)), ("ObjectStore", ("spec", "configuration"))):
            with self.subTest(kind):
                resource = copy.deepcopy(
                    next(each for each in everything()["production"] if each["kind"] == kind))
                functools.reduce(lambda part, key: part[key], path, resource)["unknwon"] = 1
                for version in VERSIONS:
                    faults = schema_faults(json.dumps(resource, default=str), version)
                    self.assertRegex("\n".join(faults), "unknwon")

    def test_rules(self):
        for name, resources in everything().items():
            with self.subTest(name):
                self.assertEqual(rule_faults(resources), [])

    def test_alert_rules(self):
        """Those of the cluster are those that promtool tests."""
        rules = FOLDER.parent / "monitoring/alerts.yaml"
        deployed = FOLDER / "components/monitoring/rules.yaml"
        self.assertEqual(
            yaml.safe_load(rules.read_text())["groups"],
            yaml.safe_load(deployed.read_text())["spec"]["groups"],
        )

    def test_images(self):
        for image in images_of(everything()["production"]):
            self.assertRegex(image, r"@sha256:[0-9a-f]{64}$")
        for image in images_of(everything()["local"]):
            self.assertRegex(image, r"^localhost/[a-z-]+:[0-9][0-9.]*$")

    def test_rules_find_what_breaks_them(self):
        def container(resources):
            deployment = next(each for each in resources if name_of(each) == "Deployment publisher")
            return deployment["spec"]["template"]["spec"]["containers"][0]

        def pod(resources):
            return pod_of(next(each for each in resources if name_of(each) == "StatefulSet reporter"))

        def without(kind):
            return lambda resources: resources.remove(
                next(each for each in resources if each["kind"] == kind))

        for fault, breaks in {
            "runs as root": lambda all: pod(all)["securityContext"].update(runAsUser=0),
            "has no seccomp": lambda all: pod(all)["securityContext"].pop("seccompProfile"),
            "has a token": lambda all: pod(all).pop("automountServiceAccountToken"),
            "shares the node": lambda all: pod(all).update(hostPID=True),
            "has the volume host": lambda all: pod(all).setdefault("volumes", []).append(
                {"name": "host", "hostPath": {"path": "/"}}),
            "before it has drained": lambda all: pod(all).update(terminationGracePeriodSeconds=10),
            "may get privileges": lambda all: container(all)["securityContext"].update(privileged=True),
            "can write": lambda all: container(all)["securityContext"].pop("readOnlyRootFilesystem"),
            "has capabilities": lambda all: container(all)["securityContext"].pop("capabilities"),
            "limits no memory": lambda all: container(all)["resources"]["limits"].pop("memory"),
            "has no liveness": lambda all: container(all).pop("livenessProbe"),
            "is killed as soon": lambda all: container(all)["livenessProbe"].update(periodSeconds=1),
            "disruption budgets": without("PodDisruptionBudget"),
            "needs the ConfigMap": without("ConfigMap"),
            "does not enforce": lambda all: all[0]["metadata"].pop("labels"),
            "by default": lambda all: all.remove(
                next(each for each in all if name_of(each) == "NetworkPolicy deny-all")),
        }.items():
            with self.subTest(fault):
                resources = copy.deepcopy(everything()["local"])
                breaks(resources)
                self.assertRegex("\n".join(rule_faults(resources)), fault)


if __name__ == "__main__":
    unittest.main()
