"""The set-ups: files and environment, as operators bring them.

Case(name, files, ...): `files` are written below a folder that is also HOME and the working folder; `config` is short
for the file .kube/config. In every text, ${name} is the port of a recording server (see run.py), ${ca} and the like
the base64 of a certificate or key, $DIR the folder, $PKI the folder of certificates.
  differs   the heading in docs/kubeconfig.md that explains why ours is not kubectl's: {"view": ..., "connect": ...}
  says      words that our error must hold
  secrets   texts that must stand in no output of a command that connects
"""
import dataclasses


@dataclasses.dataclass
class Case:
    name: str
    config: str = None
    files: dict = dataclasses.field(default_factory=dict)
    environment: dict = dataclasses.field(default_factory=dict)
    flags: list = dataclasses.field(default_factory=list)
    differs: dict = dataclasses.field(default_factory=dict)
    says: str = ""
    secrets: list = dataclasses.field(default_factory=list)
    pod: dict = None  # files of the service account: the commands run inside a Pod
    prefix: str = None  # of every path of the server; `kubectl get --raw` would leave it out
    connects: bool = True  # False: only `config view` is compared


def one(cluster="{server: 'https://127.0.0.1:${good}', certificate-authority-data: ${ca}}", user="{token: hush}",
        context="{cluster: k, user: u}", top=""):
    return (f"apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: k, cluster: {cluster}}}]\n"
            f"users: [{{name: u, user: {user}}}]\ncontexts: [{{name: c, context: {context}}}]\n{top}")


def at(server, ca="certificate-authority-data: ${ca}", more=""):
    return "{" + ", ".join(part for part in (f"server: '{server}'", ca, more) if part) + "}"


def plugin(more="", version="v1", mode="interactiveMode: Never", command="./plugin"):
    parts = [f"apiVersion: client.authentication.k8s.io/{version}", f"command: {command}", mode, more]
    return "{exec: {" + ", ".join(part for part in parts if part) + "}}"


GOOD = "https://127.0.0.1:${good}"
NAMED = "https://api.test:6443"  # no DNS knows it: only proxies find it


def answer(status, version="v1", before=""):
    """A plugin: records arguments, environment and what it was told, then answers."""
    return (f"""#!/bin/sh
printf '%s\\n' "$0|$*|$ADDED" "$KUBERNETES_EXEC_INFO" >>"$DIR/plugin.log"
{before}
cat <<'END'
{{"apiVersion":"client.authentication.k8s.io/{version}","kind":"ExecCredential","status":{status}}}
END
""")


TOKEN = answer('{"token":"from-plugin"}')

FILES = [
    Case("home-file", one()),
    Case("kubeconfig-flag", one(at("https://elsewhere")), {"mine": one()}, flags=["--kubeconfig", "mine"]),
    Case("kubeconfig-flag-beats-environment", None, {"mine": one(), "other": one(at("https://elsewhere"))},
         {"KUBECONFIG": "other"}, ["--kubeconfig", "mine"]),
    Case("kubeconfig-flag-missing", one(), flags=["--kubeconfig", "gone"], says="no such file"),
    Case("environment", one(at("https://elsewhere")), {"a/x": one()}, {"KUBECONFIG": "$DIR/a/x"}),
    Case("environment-missing-is-skipped", None, {"x": one()}, {"KUBECONFIG": "gone:$DIR/x"}),
    Case("environment-empty", one(), environment={"KUBECONFIG": ""}),
    Case("environment-only-colon", one(), environment={"KUBECONFIG": ":"},
         says="no kubeconfig"),
    Case("environment-all-missing", one(), environment={"KUBECONFIG": "gone"}),
    Case("nothing-at-all", None, says="no kubeconfig"),
    Case("empty-file", ""),
    Case("comments-only", "# nothing yet\n"),
    Case("empty-file-among-others", None, {"x": "", "y": one()}, {"KUBECONFIG": "x:y"}),
    Case("first-file-wins", None,
         {"x": one(), "y": one(at("https://elsewhere", more="tls-server-name: other"), "{username: b, password: hush}",
                               "{cluster: k, user: u, namespace: b}", "preferences: {colors: true}\n")},
         {"KUBECONFIG": "x:y"}),
    Case("parts-of-several-files", None,
         {"x": "contexts: [{name: c, context: {cluster: k, user: u}}]\n",
          "d/y": "clusters: [{name: k, cluster: {server: '" + GOOD + "', certificate-authority: ../ca.crt}}]\n",
          "z": "current-context: c\nusers: [{name: u, user: {token: hush}}]\n", "ca.crt": "${ca.pem}"},
         {"KUBECONFIG": "x::d/y:z:x"}),
    Case("first-current-context-wins", None,
         {"x": "current-context: c\n", "y": one().replace("current-context: c", "current-context: gone")},
         {"KUBECONFIG": "x:y"}),
    Case("relative-paths", None,
         {"d/e/config": one(at(GOOD, "certificate-authority: ../ca.crt"), "{client-certificate: c.crt, client-key: ./c.key}"),
          "d/ca.crt": "${ca.pem}", "d/e/c.crt": "${client-ec.pem}", "d/e/c.key": "${client-ec-key.pem}"},
         {"KUBECONFIG": "d/e/config"}),
    Case("bad-file-among-good", None, {"x": one(), "y": "clusters: ["}, {"KUBECONFIG": "x:y"}, says="y"),
    Case("folder-instead-of-file", None, {"d/x": one()}, {"KUBECONFIG": "d"}),
    Case("file-below-a-file", one(), environment={"KUBECONFIG": ".kube/config/x:.kube/config"}),
    Case("json", '{"apiVersion":"v1","kind":"Config","current-context":"c","unknown":{"x":[1]},'
         '"clusters":[{"name":"k","cluster":{"server":"' + GOOD + '","more":1,"certificate-authority-data":"${ca}"}}],'
         '"contexts":[{"name":"c","context":{"cluster":"k","user":"u"}}],"users":[{"name":"u","user":{"token":"hush"}}]}'),
    Case("json-with-tabs", '{\n\t"current-context":\t"c",\n\t"clusters": [{"name":"k","cluster":{"server":"' + GOOD
         + '","certificate-authority-data":"${ca}"}}],\n\t"contexts":[{"name":"c","context":{"cluster":"k","user":"u"}}],"users":[{"name":"u","user":{"token":"hush"}}]\n}'),
    Case("unknown-fields", one(top="future: {x: [1]}\n").replace("token: hush", "token: hush, future: 1")),
    Case("fields-are-case-sensitive", one("{Server: '" + GOOD + "'}")),
    Case("no-kind", one().replace("apiVersion: v1\nkind: Config\n", "")),
    Case("wrong-kind", one().replace("kind: Config", "kind: Pod"), says="not a v1 Config"),
    Case("wrong-version", one().replace("apiVersion: v1", "apiVersion: v2")),
    Case("not-yaml", "clusters: [", says="line"),
    Case("tab-indented", "\tclusters: []\n"),
    Case("a-list", "- a\n"),
    Case("a-word", "hello\n"),
    Case("clusters-as-map", "clusters: {a: b}\n"),
    Case("byte-order-mark", "\ufeff" + one()),
    Case("several-documents", one() + "---\n" + one(at("https://elsewhere"))),
    Case("anchors-and-merge-keys", "base: &b {certificate-authority-data: ${ca}}\n" + one("{<<: *b, server: '" + GOOD + "'}")),
    Case("key-twice", "current-context: gone\n" + one()),
    Case("name-twice", one() + "", {"x": "users: [{name: u, user: {token: a}}, {name: u, user: {token: b}}]\n" + one()
         .replace("users:", "unused:")}, {"KUBECONFIG": "x"}, says="stands twice"),
    Case("entry-is-null", "current-context: c\ncontexts: [null]\n"),
    Case("user-is-null", one(user="~"), differs={"connect": "No credentials"}),
    Case("number-as-token", one(user="{token: 12345}"), says="Put it in quotes"),
    Case("yes-as-name", one(user="{username: yes}")),
    Case("null-as-text", one(user="{username: ~, token: null}"), differs={"connect": "No credentials"}),
    Case("yes-as-flag", one(at(GOOD, "insecure-skip-tls-verify: yes"))),
    Case("string-as-flag", one(at(GOOD, "insecure-skip-tls-verify: 'true'"))),
    Case("text-as-list", one(user="{as: a, as-groups: g}")),
    Case("data-is-not-base64", one(at(GOOD, "certificate-authority-data: '%%%'")), says="not base64"),
    Case("data-on-several-lines", one(at(GOOD, "certificate-authority-data: \"${ca-lines}\""))),
    Case("binary-that-is-not-base64", one(user="{token: !!binary '%%%'}"), says="not base64"),
    Case("every-field", one(
        "{server: '" + GOOD + "', certificate-authority: ca, insecure-skip-tls-verify: false, tls-server-name: api.test, "
        "proxy-url: 'http://u:p@127.0.0.1:9', disable-compression: true, extensions: [{name: e, extension: "
        "{a: 1, b: [yes, 1.50, 2022-01-01, '3'], c: 0x10, d: ~}}], unknown: 3}",
        "{token: t, tokenFile: tf, username: a, password: p, client-certificate: c.crt, client-key: ../c.key, as: a, "
        "as-uid: i, as-groups: [g, ~], as-user-extra: {z: [x, p], b: [], n: ~}, exec: {apiVersion: "
        "client.authentication.k8s.io/v1beta1, command: ./bin/x, args: [a], env: [{name: N1, value: v}], installHint: h, "
        "provideClusterInfo: true}, auth-provider: {name: gcp, config: {access-token: s, z: q}}, extensions: "
        "[{name: q, extension: 5}]}",
        "{cluster: k, user: u, namespace: ns, extensions: [{name: x, extension: hi}]}",
        "preferences: {colors: true, extensions: []}\nextensions: [{name: t, extension: {k: v}}]\n"), connects=False),
    Case("exec-fields-left-out", one(user="{exec: {}, auth-provider: {}}"), connects=False),
]

CONTEXTS = [
    Case("no-current-context", one().replace("current-context: c\n", ""),
         says="no current-context"),
    Case("unknown-current-context", one().replace("current-context: c", "current-context: gone"), says='no context "gone"'),
    Case("context-flag", one(at("https://elsewhere"), top="").replace(
        "contexts: [", "contexts: [{name: d, context: {cluster: l, user: u}}, ").replace(
        "clusters: [", "clusters: [{name: l, cluster: " + at(GOOD) + "}, "), flags=["--context", "d"]),
    Case("context-flag-unknown", one(), flags=["--context", "gone"], says="known: c"),
    Case("context-without-cluster", one(context="{user: u}")),
    Case("context-with-unknown-cluster", one(context="{cluster: gone, user: u}"),
         says='no cluster "gone"'),
    Case("context-with-unknown-user", one(context="{cluster: k, user: gone}"), differs={"connect": "No credentials"}),
    Case("context-without-user", one(context="{cluster: k}"), differs={"connect": "No credentials"}),
    Case("cluster-flag", one(at("https://elsewhere")).replace("clusters: [", "clusters: [{name: l, cluster: " + at(GOOD) + "}, "),
         flags=["--cluster", "l"]),
    Case("cluster-flag-unknown", one(), flags=["--cluster", "gone"], says='no cluster "gone"'),
    Case("user-flag", one().replace("users: [", "users: [{name: v, user: {token: other}}, "), flags=["--user", "v"]),
    Case("user-flag-unknown", one(), flags=["--user", "gone"], says='no user "gone"'),
    Case("server-flag", one(at("https://elsewhere", more="tls-server-name: elsewhere")), flags=["--server", GOOD]),
    Case("server-flag-alone", None, flags=["--server", "http://127.0.0.1:${plain}"]),
    Case("server-without-scheme", one("{server: '127.0.0.1:${plain}'}", "{token: hush, as: a}")),
    Case("server-over-http", one("{server: 'http://127.0.0.1:${plain}'}", "{token: hush, username: a, password: b}"
                                 .replace("token: hush, ", "")), secrets=["hush"]),
    Case("server-with-prefix", one(at(GOOD + "/k8s/clusters/c-1/?q=1#f")), prefix="/k8s/clusters/c-1"),
    Case("server-with-slash", one(at(GOOD + "/"))),
    Case("server-ipv6", one(at("https://[::1]:${good6}"))),
    Case("server-by-name", one(at("https://localhost:${good}"))),
    Case("server-without-port", one(at("https://api.test", more="proxy-url: 'http://127.0.0.1:${http-proxy}'"))),
    Case("server-of-another-scheme", one(at("ftp://127.0.0.1:${good}"))),
    Case("server-with-scheme-in-capitals", one(at(GOOD.replace("https", "HTTPS")))),
    Case("server-that-is-no-url", one(at("https://a b")), says="no http or https URL"),
]

USERS = [
    Case("token", one(), secrets=["hush"]),
    Case("token-as-binary", one(user="{token: !!binary aHVzaA==}"), secrets=["hush"]),
    Case("token-with-blanks", one(user="{token: ' hush '}")),
    Case("token-file", one(user="{tokenFile: t}"), {".kube/t": "from-file\n"}, secrets=["from-file"]),
    Case("token-file-beats-token", one(user="{token: hush, tokenFile: t}"), {".kube/t": "from-file"}),
    Case("token-file-missing", one(user="{tokenFile: gone}"), says="gone"),
    Case("token-file-missing-beside-token", one(user="{token: hush, tokenFile: gone}")),
    Case("token-flag", one(user="{token: hush, tokenFile: gone}"), flags=["--token", "mine"]),
    Case("token-flag-beside-certificate", one(user="{client-certificate-data: ${client-ec}, client-key-data: ${client-ec-key}}"),
         flags=["--token", "mine"]),
    Case("token-flag-beside-password", one(user="{username: a, password: hush}"), flags=["--token", "mine"],
         says="only one way"),
    Case("token-flag-beside-plugin", one(user=plugin()), {".kube/plugin": TOKEN}, flags=["--token", "mine"]),
    Case("token-and-password", one(user="{token: hush, username: a, password: hush}"), says="only one way"),
    Case("token-and-plugin", one(user=plugin().replace("{exec", "{token: hush, exec")), {".kube/plugin": TOKEN}),
    Case("basic", one(user="{username: anna, password: 'hush:1'}"), secrets=["hush"]),
    Case("basic-without-password", one(user="{username: anna}")),
    *[Case("certificate-" + kind, one(user="{client-certificate-data: ${client-%s}, client-key-data: ${client-%s-key}}"
                                      % (kind, kind))) for kind in ("rsa", "rsa-pkcs1", "ec", "ec-sec1", "ed25519")],
    Case("certificate-files", one(user="{client-certificate: $PKI/client-rsa.crt, client-key: $PKI/client-rsa.key}")),
    Case("certificate-with-chain", one(user="{client-certificate: $PKI/client-chain.crt, client-key: $PKI/client-deep.key}")),
    Case("certificate-data-and-file", one(user="{client-certificate-data: ${client-ec}, client-certificate: $PKI/client-rsa.crt, "
                                          "client-key-data: ${client-ec-key}, client-key: $PKI/client-rsa.key}"),
         differs={"connect": "Data and file together"}),
    Case("certificate-without-key", one(user="{client-certificate-data: ${client-ec}}"), says="but not both"),
    Case("key-without-certificate", one(user="{token: hush, client-key-data: ${client-ec-key}}")),
    Case("certificate-missing", one(user="{client-certificate: gone, client-key: gone}"), says="no such file"),
    Case("certificate-and-key-of-two", one(user="{client-certificate-data: ${client-ec}, client-key-data: ${client-rsa-key}}"),
         says="do not belong together"),
    Case("key-is-locked", one(user="{client-certificate-data: ${client-encrypted}, client-key-data: ${client-encrypted-key}}"),
         says="passphrase"),
    Case("certificate-is-rubbish", one(user="{client-certificate-data: aGVsbG8=, client-key-data: aGVsbG8=}"),
         says="client certificate"),
    Case("certificate-flags", one(user="{client-certificate-data: ${client-rsa}, client-key-data: ${client-rsa-key}}"),
         flags=["--client-certificate", "$PKI/client-ec.crt", "--client-key", "$PKI/client-ec.key"],
         differs={"connect": "Data and file together"}),
    Case("impersonation", one(user="{token: hush, as: a, as-uid: i, as-groups: [g, h], as-user-extra: {Acme/Scopes: [x, z]}}")),
    Case("impersonation-flags", one(user="{token: hush, as: a, as-groups: [g]}"),
         flags=["--as", "b", "--as-group", "x", "--as-group", "z", "--as-uid", "5"]),
    Case("impersonation-flag-keeps-groups", one(user="{token: hush, as: a, as-groups: [g]}"), flags=["--as", "b"]),
    Case("impersonation-without-user", one(user="{token: hush, as-groups: [g]}"), says="without a user"),
    Case("auth-provider-gcp", one(user="{auth-provider: {name: gcp}}"), says="gke-gcloud-auth-plugin"),
    Case("auth-provider-azure", one(user="{auth-provider: {name: azure}}"), says="kubelogin"),
    Case("auth-provider-oidc", one(user="{auth-provider: {name: oidc, config: {id-token: hush, client-id: i, "
                                   "idp-issuer-url: 'https://issuer.test'}}}"), says="oidc-login", secrets=["hush"]),
    Case("auth-provider-beside-token-flag", one(user="{auth-provider: {name: gcp}}"), flags=["--token", "mine"]),
]

PLUGINS = [
    Case("plugin-v1", one(user=plugin("args: [a, 'b c'], env: [{name: ADDED, value: v}]")), {".kube/plugin": TOKEN},
         secrets=["from-plugin"]),
    Case("plugin-v1beta1", one(user=plugin(version="v1beta1", mode="")),
         {".kube/plugin": answer('{"token":"from-plugin"}', "v1beta1")}),
    Case("plugin-v1alpha1", one(user=plugin(version="v1alpha1")), {".kube/plugin": TOKEN}, says="v1beta1"),
    Case("plugin-in-path", one(user=plugin(command="my-login")), {"bin/my-login": TOKEN}),
    Case("plugin-below-the-file", None, {"d/config": one(user=plugin(command="tools/login")), "d/tools/login": TOKEN},
         {"KUBECONFIG": "d/config"}),
    Case("plugin-with-cluster-info", one(at(GOOD, more="tls-server-name: api.test, extensions: [{name: client.authentication.k8s.io/exec, "
         "extension: {audience: a, n: 1}}]"), plugin("provideClusterInfo: true")), {".kube/plugin": TOKEN}),
    Case("plugin-with-cluster-info-alone", one(user=plugin("provideClusterInfo: true")), {".kube/plugin": TOKEN}),
    Case("plugin-certificate", one(user=plugin()), {".kube/plugin": answer(
        '{"clientCertificateData":"${client-ec.json}","clientKeyData":"${client-ec-key.json}"}')}),
    Case("plugin-certificate-and-token", one(user=plugin()), {".kube/plugin": answer(
        '{"token":"from-plugin","clientCertificateData":"${client-ec.json}","clientKeyData":"${client-ec-key.json}"}')}),
    Case("plugin-answers-yaml", one(user=plugin()), {".kube/plugin": "#!/bin/sh\ncat <<'END'\napiVersion: "
         "client.authentication.k8s.io/v1\nkind: ExecCredential\nstatus: {token: from-plugin}\nEND\n"}),
    Case("plugin-with-expiry", one(user=plugin()),
         {".kube/plugin": answer('{"token":"from-plugin","expirationTimestamp":"2999-01-01T00:00:00Z"}')}),
    Case("plugin-without-mode", one(user=plugin(mode="")), {".kube/plugin": TOKEN}, says="interactiveMode"),
    Case("plugin-of-unknown-mode", one(user=plugin(mode="interactiveMode: Maybe")), {".kube/plugin": TOKEN}, says="Maybe"),
    Case("plugin-that-wants-a-terminal", one(user=plugin(mode="interactiveMode: Always")), {".kube/plugin": TOKEN}, says="terminal"),
    Case("plugin-if-available", one(user=plugin(mode="interactiveMode: IfAvailable")), {".kube/plugin": TOKEN}),
    Case("plugin-missing", one(user=plugin("installHint: brew install it", command="no-such-login")), says="brew install it"),
    Case("plugin-failing", one(user=plugin()), {".kube/plugin": "#!/bin/sh\nexit 7\n"}, says="exit code 7"),
    Case("plugin-printing-nothing", one(user=plugin()), {".kube/plugin": "#!/bin/sh\n"}, says="no ExecCredential"),
    Case("plugin-printing-rubbish", one(user=plugin()), {".kube/plugin": "#!/bin/sh\necho please log in: hush\n"},
         says="no ExecCredential", secrets=["hush"]),
    Case("plugin-of-another-version", one(user=plugin()), {".kube/plugin": answer('{"token":"hush"}', "v1beta1")},
         says="another apiVersion", secrets=["hush"]),
    Case("plugin-without-status", one(user=plugin()), {".kube/plugin": answer("null")}, says="neither a token"),
    Case("plugin-with-half-a-pair", one(user=plugin()), {".kube/plugin": answer('{"clientKeyData":"hush"}')},
         says="not both", secrets=["hush"]),
    Case("plugin-without-command", one(user="{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}}"),
         says="no command"),
    Case("plugin-and-auth-provider", one(user=plugin().replace("{exec", "{auth-provider: {name: oidc}, exec")),
         {".kube/plugin": TOKEN}),
    Case("plugin-beside-password", one(user=plugin().replace("{exec", "{username: a, password: hush, exec")),
         {".kube/plugin": TOKEN}),
]

TLS = [
    Case("authority-file", one(at(GOOD, "certificate-authority: $PKI/server-ca.crt"))),
    Case("authority-data-and-file", one(at(GOOD, "certificate-authority-data: ${ca}, certificate-authority: $PKI/other-ca.crt")),
         differs={"connect": "Data and file together"}),
    Case("authority-missing", one(at(GOOD, "certificate-authority: gone")), says="no such file"),
    Case("authority-is-rubbish", one(at(GOOD, "certificate-authority-data: aGVsbG8=")), says="certificate-authority"),
    Case("authority-among-others", one(at(GOOD, "certificate-authority-data: ${two-cas}"))),
    Case("authority-is-an-empty-file", one(at(GOOD, "certificate-authority: empty")), {".kube/empty": ""}),
    Case("authority-flag", one(at(GOOD, "certificate-authority-data: ${other-ca}, insecure-skip-tls-verify: false")),
         flags=["--certificate-authority", "$PKI/server-ca.crt"]),
    Case("system-roots", one(at(GOOD, "")), says="unknown authority"),
    Case("system-roots-of-environment", one(at(GOOD, "")), environment={"SSL_CERT_FILE": "$PKI/server-ca.crt"}),
    Case("insecure", one(at("https://127.0.0.1:${expired}", "insecure-skip-tls-verify: true"))),
    Case("insecure-and-authority", one(at(GOOD, "insecure-skip-tls-verify: true, certificate-authority-data: ${ca}")),
         says="only one makes sense"),
    Case("insecure-flag", one(at("https://127.0.0.1:${unknown}")), flags=["--insecure-skip-tls-verify"]),
    Case("server-name", one(at(GOOD, more="tls-server-name: api.test"))),
    Case("server-name-that-is-not-it", one(at(GOOD, more="tls-server-name: elsewhere.test")), says="another host"),
    Case("server-name-flag", one(at("https://127.0.0.1:${other-host}")), flags=["--tls-server-name", "elsewhere.test"]),
    Case("server-expired", one(at("https://127.0.0.1:${expired}")), says="has expired"),
    Case("server-not-yet-valid", one(at("https://127.0.0.1:${not-yet}")), says="not yet valid"),
    Case("server-of-another-host", one(at("https://127.0.0.1:${other-host}")), says="another host"),
    Case("server-of-another-authority", one(at("https://127.0.0.1:${unknown}")), says="unknown authority"),
    Case("server-with-common-name-only", one(at("https://127.0.0.1:${common-name}")), differs={"connect": "Common Name"}),
    Case("server-of-tls-1.1", one(at("https://127.0.0.1:${tls11}")), says="TLS 1.2"),
    Case("server-speaks-http", one(at("https://127.0.0.1:${plain}")), says="http://"),
    Case("server-wants-a-certificate", one(at("https://127.0.0.1:${strict}")), says="client certificate"),
    Case("client-of-another-authority", one(at("https://127.0.0.1:${strict}"),
         "{client-certificate: $PKI/client-unknown.crt, client-key: $PKI/client-unknown.key}"), says="client certificate"),
    Case("client-expired", one(at("https://127.0.0.1:${strict}"),
         "{client-certificate: $PKI/client-expired.crt, client-key: $PKI/client-expired.key}"), says="client certificate"),
]

THROUGH = "proxy-url: 'http://127.0.0.1:${http-proxy}'"
PROXIES = [
    Case("proxy-url", one(at(NAMED, more=THROUGH))),
    Case("proxy-url-with-login", one(at(NAMED, more="proxy-url: 'http://me:hu%%23sh@127.0.0.1:${http-proxy}'".replace("%%", "%"))),
         secrets=["hu#sh", "hu%23sh"]),
    Case("proxy-url-socks", one(at(NAMED, more="proxy-url: 'socks5://127.0.0.1:${socks-proxy}'"))),
    Case("proxy-url-socks-with-login", one(at(NAMED, more="proxy-url: 'socks5://me:hush@127.0.0.1:${socks-proxy}'")), secrets=["hush"]),
    Case("proxy-url-https", one(at(NAMED, more="proxy-url: 'https://127.0.0.1:${https-proxy}'"))),
    Case("proxy-url-https-of-another-authority", one(at(NAMED, more="proxy-url: 'https://127.0.0.1:${unknown-proxy}'"))),
    Case("proxy-url-of-unknown-scheme", one(at(NAMED, more="proxy-url: 'ftp://me:hush@127.0.0.1:${http-proxy}'")),
         says="proxy-url", secrets=["hush"]),
    Case("proxy-url-socks5h", one(at(NAMED, more="proxy-url: 'socks5h://127.0.0.1:${socks-proxy}'")),
         differs={"connect": "socks5h"}),
    Case("proxy-url-without-scheme", one(at(NAMED, more="proxy-url: '127.0.0.1:${http-proxy}'")), says="proxy-url"),
    Case("proxy-url-heeds-no-no-proxy", one(at(NAMED, more=THROUGH)), environment={"NO_PROXY": "*", "no_proxy": "*"}),
    Case("proxy-url-with-server-name", one(at("https://elsewhere.test", more=THROUGH + ", tls-server-name: api.test"))),
    Case("proxy-of-environment", one(at(NAMED)), environment={"HTTPS_PROXY": "http://127.0.0.1:${http-proxy}"}),
    Case("proxy-of-environment-without-scheme", one(at(NAMED)), environment={"https_proxy": "127.0.0.1:${http-proxy}"}),
    Case("proxy-of-environment-socks", one(at(NAMED)), environment={"HTTPS_PROXY": "socks5://127.0.0.1:${socks-proxy}"}),
    Case("proxy-of-environment-upper-case-wins", one(at(NAMED)),
         environment={"https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:${http-proxy}"}),
    Case("proxy-url-beats-environment", one(at(NAMED, more=THROUGH)), environment={"HTTPS_PROXY": "http://127.0.0.1:9"}),
    Case("http-proxy-is-not-for-https", one(), environment={"HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}),
    Case("loopback-is-not-proxied", one(), environment={"HTTPS_PROXY": "http://127.0.0.1:9"}),
    Case("localhost-is-not-proxied", one(at("https://localhost:${good}")), environment={"HTTPS_PROXY": "http://127.0.0.1:9"}),
    *[Case("no-proxy-" + name, one(at(server, more="tls-server-name: api.test")),
           environment={"HTTPS_PROXY": "http://127.0.0.1:${http-proxy}", "NO_PROXY": rules})
      for name, server, rules in (
          ("of-another-domain", NAMED, "b.test, .c.test"), ("inside-a-label", "https://xapi.test", "api.test"),
          ("dot-is-not-the-name", "https://api.test", ".api.test"), ("of-another-port", NAMED, "api.test:443"),
          ("network-outside", "https://192.0.2.1", "192.0.3.0/24,10.0.0.0/8"), ("of-another-address", "https://192.0.2.1", "192.0.2.2"))],
]

INSIDE = {"token": "of-the-pod\n", "ca.crt": "${ca.pem}", "namespace": "pods"}
HERE = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "${good}"}
PODS = [
    Case("in-cluster", None, pod=INSIDE, environment=HERE, secrets=["of-the-pod"]),
    Case("in-cluster-ipv6", None, pod=INSIDE,
         environment={"KUBERNETES_SERVICE_HOST": "::1", "KUBERNETES_SERVICE_PORT": "${good6}"}),
    Case("in-cluster-with-empty-file", "", pod=INSIDE, environment=HERE),
    Case("in-cluster-gives-way-to-a-file", one(), pod=INSIDE, environment=HERE),
    Case("in-cluster-without-current-context", one().replace("current-context: c\n", ""), pod=INSIDE, environment=HERE,
         differs={"connect": "Contexts but no current one inside a Pod"}),
    Case("in-cluster-with-token-flag", None, pod=INSIDE, environment=HERE, flags=["--token", "mine"]),
    Case("in-cluster-with-server-flag", None, pod=INSIDE, environment=HERE, flags=["--server", "http://127.0.0.1:${plain}"]),
    Case("in-cluster-without-token", None, pod={"ca.crt": "${ca.pem}"}, environment=HERE),
    Case("in-cluster-with-named-empty-file", None, {"x": ""}, pod=INSIDE, environment=HERE, flags=["--kubeconfig", "x"],
         differs={"connect": "An empty file that --kubeconfig names"}),
]

CASES = FILES + CONTEXTS + USERS + PLUGINS + TLS + PROXIES + PODS
