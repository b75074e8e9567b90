"""What can be seen in a text without knowing any rule: numbers, contacts, promises, speech acts, loudness."""
