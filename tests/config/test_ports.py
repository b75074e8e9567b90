"""The ports: where they are, how they move, and what is said when one is taken."""

import socket

import pytest

from config.ports import FREE_RANGE, HOST, Port, any_free, is_free, read_ports
from config.processes.errors import StartError


def test_all_ports_stand_below_those_linux_hands_out():
    ports = read_ports({})
    numbers = [ports.web.number, ports.sandbox.number, ports.postgres.number, ports.valkey.number]
    assert numbers == [8080, 8090, 8432, 8379]
    assert max(*numbers, *FREE_RANGE) < 32_768


def test_each_port_is_moved_by_its_variable():
    moved = read_ports({"SAMTAL_WEB_PORT": "9000", "SAMTAL_POSTGRES_PORT": "9001"})
    assert (moved.web.number, moved.postgres.number, moved.valkey.number) == (9000, 9001, 8379)


@pytest.mark.parametrize("value", ["eighty", "0", "65536", "-1", "80.5"])
def test_a_value_that_is_no_port_is_refused_by_name(value):
    with pytest.raises(StartError, match=r"SAMTAL_WEB_PORT is .* must be a port number"):
        read_ports({"SAMTAL_WEB_PORT": value})


def test_a_port_in_use_is_named_with_the_variable_that_moves_it():
    with socket.create_server((HOST, 0)) as taken:
        number = taken.getsockname()[1]
        assert not is_free(number)
        with pytest.raises(StartError, match=rf"Port {number} \(the web pages\).*SAMTAL_WEB_PORT={number + 1}"):
            Port("the web pages", "SAMTAL_WEB_PORT", number).demand_free()


def test_a_port_whose_last_connection_is_still_closing_counts_as_free():
    with socket.create_server((HOST, 0)) as server:
        number = server.getsockname()[1]
        client = socket.create_connection((HOST, number))
        accepted, _ = server.accept()
        accepted.close()  # who closes first keeps the port in TIME_WAIT
        client.close()
    Port("the web pages", "SAMTAL_WEB_PORT", number).demand_free()


def test_a_free_port_can_be_listened_on():
    with socket.create_server((HOST, any_free())) as server:
        assert server.getsockname()[1] in FREE_RANGE
