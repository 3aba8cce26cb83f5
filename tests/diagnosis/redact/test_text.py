import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.diagnosis.redact import Cleaner, Placeholders


def clean(text, *names):
    hide = Placeholders()
    return Cleaner(hide, {name: lambda name=name: hide.host(name) for name in names})(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("refused by 192.168.1.7.", "refused by address-1-v4-private."),
        ("refused by 8.8.8.8:53", "refused by address-1-v4-public:53"),
        ("[2a00:1450::1]:443 is silent", "[address-1-v6-public]:443 is silent"),
        ("fe80::1%eth0: no answer", "address-1-v6-private: no answer"),
        ("127.0.0.1 and ::1", "127.0.0.1 and ::1"),
        ("at 10:50:25 TLSv1.3, HTTP/1.1", "at 10:50:25 TLSv1.3, HTTP/1.1"),
        ("Python 3.11.2, e.g. this", "Python 3.11.2, e.g. this"),
        ("a.example and A.EXAMPLE.", "host-1 and host-1."),
        ("bücher.example, xn--bcher-kva.example", "host-1, host-1"),
        ("*.a.example", "*.host-1"),
        ("see https://a.example:1/b?c=d.", "see https://host-1:1/path-1"),
        ("http://u:p@a.example/", "http://host-1/"),
        ("http://intranet/", "http://host-1/"),
        ("me@a.example", "user-1@host-1"),
        ("in /etc/hosts and /home/me/x.pem", "in /etc/hosts and /path-1"),
        (r"in C:\Users\me\x.pem", "in /path-1"),
        ("edit resolv.conf", "edit resolv.conf"),
        ("Linux-6.18.44-x86_64-with-glibc2.36", "Linux-6.18.44-x86_64-with-glibc2.36"),
        ("not valid for 'a.example'", "not valid for 'host-1'"),
        ("HTTP/2 over TCP/IP", "HTTP/2 over TCP/IP"),
    ],
)
def test_names_and_addresses_are_found_in_running_text(text, shown):
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("db is down, DB:5432 refuses", "host-1 is down, host-1:5432 refuses"),
        ("a dbx is not", "a dbx is not"),
        ("db.example is another", "host-1 is another"),
        ("see /etc/db/hosts", "see /path-1"),
    ],
)
def test_a_name_without_a_dot_is_found_where_it_is_known(text, shown):
    assert clean(text, "db") == shown


@given(st.text())
def test_any_text_is_cleaned(text):
    assert isinstance(clean(text, "a"), str)
