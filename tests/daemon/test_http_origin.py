"""By which names browsers may ask: whatever a header says, there is an answer, and nobody's bought name is ours."""

from hypothesis import given
from hypothesis import strategies as st

from daemon.http_origin import is_our_name

BOUGHT = st.from_regex(r"[a-z0-9-]{1,20}(\.[a-z0-9-]{1,20})*\.(com|ru|io|org|net|dev|xyz)", fullmatch=True)


@given(st.text())
def test_any_text_is_a_yes_or_a_no(host: str) -> None:
    assert is_our_name(host, ()) in {True, False}


@given(BOUGHT, st.sampled_from(["", ":80", ":9796", ".", ".:9796"]))
def test_a_name_that_can_be_bought_is_ours_only_if_the_settings_say_so(name: str, rest: str) -> None:
    assert not is_our_name(name + rest, ())
    assert is_our_name(name + rest, (name,))
    assert is_our_name(name.upper() + rest, (name,))
    assert not is_our_name(name + rest, (f"x{name}",))


@given(BOUGHT)
def test_what_is_put_before_a_bought_name_makes_it_none_of_ours(name: str) -> None:
    for before in ("127.0.0.1.", "localhost.", "user@", "127.0.0.1@", "pbx.local."):
        assert not is_our_name(before + name, ())
