"""The certificates of the suite, made by the openssl program: authorities, servers, clients."""
import os
import subprocess

SAN = "IP:127.0.0.1,IP:::1,DNS:localhost,DNS:api.test"


def openssl(folder, *words):
    subprocess.run(("openssl",) + words, cwd=folder, check=True, capture_output=True)


def key(folder, name, kind="ec"):
    """NAME.key; kinds: ec, rsa, ed25519 (PKCS#8), ec-sec1, rsa-pkcs1 (the older forms), encrypted."""
    if kind.startswith("rsa"):
        openssl(folder, "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", name + ".key")
    elif kind == "ed25519":
        openssl(folder, "genpkey", "-algorithm", "ED25519", "-out", name + ".key")
    else:
        openssl(folder, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", name + ".key")
    if kind == "rsa-pkcs1":
        openssl(folder, "rsa", "-traditional", "-in", name + ".key", "-out", name + ".key")
    if kind == "ec-sec1":
        openssl(folder, "ec", "-in", name + ".key", "-out", name + ".key")
    if kind == "encrypted":
        openssl(folder, "pkcs8", "-topk8", "-in", name + ".key", "-passout", "pass:hush", "-out", name + ".locked")
        os.replace(os.path.join(folder, name + ".locked"), os.path.join(folder, name + ".key"))


def certificate(folder, name, subject, issuer=None, extensions="", kind="ec", days=2):
    """NAME.crt and NAME.key, signed by ISSUER (itself without one)."""
    key(folder, name, kind)
    secret = ["-passin", "pass:hush"] if kind == "encrypted" else []
    openssl(folder, "req", "-new", "-key", name + ".key", "-subj", subject, "-out", name + ".csr", *secret)
    with open(os.path.join(folder, name + ".ext"), "w") as out:
        out.write(extensions or "basicConstraints=CA:FALSE\n")
    signed = ["-signkey", name + ".key"] if issuer is None else ["-CA", issuer + ".crt", "-CAkey", issuer + ".key"]
    openssl(folder, "x509", "-req", "-in", name + ".csr", *signed, "-set_serial", str(abs(hash(name)) % 2**40 + 1),
            "-days", str(days), "-extfile", name + ".ext", "-out", name + ".crt", *secret)


def server(folder, name, issuer, san=SAN):
    certificate(folder, name, "/CN=127.0.0.1", issuer, f"subjectAltName={san}\n" if san else "")


def authority(folder, name, issuer=None):
    certificate(folder, name, "/CN=" + name, issuer, "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n")


def dated(folder, name, issuer, start, end):
    """A certificate for 127.0.0.1 of other times: openssl x509 knows only days from now, the small CA program any."""
    key(folder, name)
    openssl(folder, "req", "-new", "-key", name + ".key", "-subj", "/CN=127.0.0.1", "-out", name + ".csr")
    for file, text in (("index.txt", ""), ("serial", "77\n"),
                       ("ca.cnf", "[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\n"
                                  "default_md=sha256\npolicy=p\nx509_extensions=e\n[p]\ncommonName=supplied\n"
                                  f"[e]\nsubjectAltName={SAN}\n")):
        with open(os.path.join(folder, file), "w") as out:
            out.write(text)
    openssl(folder, "ca", "-batch", "-config", "ca.cnf", "-cert", issuer + ".crt", "-keyfile", issuer + ".key",
            "-in", name + ".csr", "-startdate", start, "-enddate", end, "-out", name + ".crt", "-notext")


def make(folder):
    authority(folder, "server-ca")
    authority(folder, "client-ca")
    authority(folder, "other-ca")
    authority(folder, "client-middle", "client-ca")
    server(folder, "good", "server-ca")
    server(folder, "other-host", "server-ca", san="DNS:elsewhere.test")
    server(folder, "common-name", "server-ca", san="")
    server(folder, "unknown", "other-ca")
    dated(folder, "expired", "server-ca", "20010101000000Z", "20011231000000Z")
    dated(folder, "not-yet", "server-ca", "20990101000000Z", "20991231000000Z")
    dated(folder, "client-expired", "client-ca", "20010101000000Z", "20011231000000Z")
    for kind in ("rsa", "rsa-pkcs1", "ec", "ec-sec1", "ed25519", "encrypted"):
        certificate(folder, "client-" + kind, f"/O=team/CN=jane-{kind}", "client-ca", kind=kind)
    certificate(folder, "client-deep", "/O=team/CN=jane-deep", "client-middle")
    certificate(folder, "client-unknown", "/CN=mallory", "other-ca")
    with open(os.path.join(folder, "client-chain.crt"), "w") as out:
        for part in ("client-deep.crt", "client-middle.crt"):
            with open(os.path.join(folder, part)) as certificate_file:
                out.write(certificate_file.read())
