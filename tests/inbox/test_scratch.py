import pytest
@pytest.mark.django_db
def test_x():
    from inbox.models import Thread
    assert Thread.objects.count()==0
