"""The Facebook Graph API as facebook-sdk meets it."""
