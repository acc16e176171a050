"""Users and what is known of their passwords."""
