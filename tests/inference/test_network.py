"""Which URLs and addresses may be called. Nothing here opens a connection."""

from __future__ import annotations

import pytest

from evaluations.inference.network import AddressError, NetworkPolicy, parse_origin

OPEN = NetworkPolicy()


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.example.com/v1", ("https", "api.example.com", 443, "/v1")),
        ("https://API.Example.com:8443/v1/", ("https", "api.example.com", 8443, "/v1")),
        ("http://203.0.113.7:8000", ("http", "203.0.113.7", 8000, "")),
        ("http://[2606:4700:0::1111]:80/v1", ("http", "2606:4700::1111", 80, "/v1")),
        ("http://vllm_1:8000/v1", ("http", "vllm_1", 8000, "/v1")),
        ("https://xn--bcher-kva.example/v1", ("https", "xn--bcher-kva.example", 443, "/v1")),
    ],
)
def test_a_plain_url_is_read(url: str, origin: tuple[str, str, int, str]) -> None:
    found = parse_origin(url)

    assert (found.scheme, found.host, found.port, found.path) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.com/v1",
        "//api.example.com/v1",
        "ftp://api.example.com",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_",
        "unix:///var/run/docker.sock",
        "http+unix://%2Fvar%2Frun/x",
        "javascript:alert(1)",
        "http://",
        "http:///v1",
        "http://:8000/v1",
        "http://user@api.example.com/",
        "http://user:word@127.0.0.1/",
        "http://api.example.com@127.0.0.1/",
        "http://127.0.0.1#@api.example.com/",
        "http://127.0.0.1?@api.example.com/",
        "http://api.example.com/v1?x=1",
        "http://api.example.com/v1#x",
        "http://api.example.com/v1?",
        "http://api.example.com\\@127.0.0.1/",
        "http://127.0.0.1\\.example.com/",
        "http://api.example.com /v1",
        "http://api.example.com\t/v1",
        "http://api.example.com\r\nHost: x/",
        "http://api.example.com\x00.evil/",
        "http://2130706433/",
        "http://017700000001/",
        "http://0x7f000001/",
        "http://0x7f.0x0.0x0.0x1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.1/",
        "http://127.0.0.01/",
        "http://127.0.0.0x1/",
        "http://1.2.3.4.5/",
        "http://256.1.1.1/",
        "http://127.0.0.1./",
        "http://localhost./",
        "http://api.example.com./",
        "http://①②⑦.⓪.⓪.①/",
        "http://127。0。0。1/",
        "http://ｌｏｃａｌｈｏｓｔ/",
        "http://%31%32%37.0.0.1/",
        "http://127.0.0.1%2f@x/",
        "http://a..b/",
        "http://-a.example/",
        "http://[::1/",
        "http://[::1]x/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://[127.0.0.1]/",
        "http://[v1.x]/",
        "http://api.example.com:0/",
        "http://api.example.com:/",
        "http://api.example.com:65536/",
        "http://api.example.com:80a/",
        "http://api.example.com:-1/",
        "http://api.example.com:８０/",
        "http://" + "a" * 64 + ".example/",
        "http://" + "a." * 130 + "example/",
    ],
)
def test_a_url_that_two_parsers_may_read_differently_is_refused(url: str) -> None:
    with pytest.raises(AddressError):
        parse_origin(url)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "2606:4700::1111",
        "2a00:1450:4001::1",
        "::ffff:8.8.8.8",
        "172.32.0.1",
        "100.128.0.1",
    ],
)
def test_a_public_address_may_be_called(address: str) -> None:
    OPEN.check_address("api.example.com", 443, address)


PRIVATE = [
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "127.0.0.1",
    "127.8.9.10",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "240.0.0.1",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:10.0.0.1",
    "64:ff9b::8.8.8.8",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "2002:a00:1::1",
    "2002:808:808::1",
    "2001:0:808:808::1",
    "2001:db8::1",
    "100::1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "3fff::1",
    "5f00::1",
]
NEVER = [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.1.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "239.255.255.255",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "fd20:ce::254",
    "ff02::1",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "64:ff9b::169.254.169.254",
    "2002:a9fe:a9fe::1",
    "::169.254.169.254",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_refused_unless_listed_with_its_port(address: str) -> None:
    network = "0.0.0.0/0" if "." in address and ":" not in address else "::/0"
    listed = NetworkPolicy(allow=(f"[{network}]:8000", "0.0.0.0/0:8000"))

    with pytest.raises(AddressError, match="not on the allow-list"):
        OPEN.check_address("vllm.internal", 8000, address)
    listed.check_address("vllm.internal", 8000, address)
    with pytest.raises(AddressError):
        listed.check_address("vllm.internal", 8001, address)


@pytest.mark.parametrize("address", NEVER)
def test_a_metadata_or_link_local_address_is_refused_even_when_listed(address: str) -> None:
    everything = NetworkPolicy(allow=("0.0.0.0/0:80", "[::/0]:80", "metadata.internal:80"))

    with pytest.raises(AddressError, match="never called"):
        everything.check_address("metadata.internal", 80, address)


def test_a_listed_name_opens_this_name_only() -> None:
    policy = NetworkPolicy(allow=("vllm.internal:8000",))

    policy.check_address("vllm.internal", 8000, "10.0.0.5")
    with pytest.raises(AddressError):
        policy.check_address("other.internal", 8000, "10.0.0.5")


def test_a_mapped_address_is_compared_as_the_address_it_maps() -> None:
    NetworkPolicy(allow=("10.0.0.0/24:8000",)).check_address("vllm", 8000, "::ffff:10.0.0.5")


def test_one_private_address_among_public_ones_refuses_the_host() -> None:
    with pytest.raises(AddressError, match=r"resolved to 10\.0\.0\.1"):
        OPEN.check_addresses("api.example.com", 443, ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(AddressError, match="no address"):
        OPEN.check_addresses("api.example.com", 443, [])


def test_the_ports_of_our_own_services_are_never_called() -> None:
    policy = NetworkPolicy(allow=("10.0.0.0/8:6379", "db.internal:5432"), forbidden_ports=(5432, 6379))

    for host, port, address in (
        ("r", 6379, "10.0.0.1"),
        ("db.internal", 5432, "10.0.0.2"),
        ("x", 5432, "8.8.8.8"),
    ):
        with pytest.raises(AddressError, match="own database or broker"):
            policy.check_address(host, port, address)


@pytest.mark.parametrize(
    "entry",
    [
        "10.0.0.1",
        "10.0.0.1:",
        ":8000",
        "10.0.0.1:0",
        "10.0.0.1:99999",
        "10.0.0.1/8:80",
        "*:8000",
        "http://a:80",
        "0x7f.1:80",
        "a:８０",
    ],
)
def test_an_allow_list_entry_that_cannot_be_read_is_refused_at_once(entry: str) -> None:
    with pytest.raises(ValueError, match="allow-list entry"):
        NetworkPolicy(allow=(entry,))
