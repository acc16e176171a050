"""Secrets of sessions and tokens."""
from hasip.people import csrf_token, digest_of, is_csrf_token, new_secret, new_token


def test_secrets_and_tokens_are_long_and_no_two_are_alike() -> None:
    made = {make() for make in (new_secret, new_token) for _ in range(100)}
    assert len(made) == 200 and min(map(len, made)) >= 43


def test_a_token_is_known_for_one_of_ours_where_it_leaks() -> None:
    assert new_token().startswith("hasip_")


def test_what_is_kept_of_a_secret_does_not_tell_it() -> None:
    secret = new_secret()
    assert secret not in digest_of(secret) and digest_of(secret) == digest_of(secret) != digest_of(secret + "x")


def test_a_csrf_token_belongs_to_its_session_and_is_not_its_secret() -> None:
    one, other = new_secret(), new_secret()
    assert is_csrf_token(csrf_token(one), one)
    assert not any(is_csrf_token(text, one) for text in (csrf_token(other), one, digest_of(one), "", "ä"))
