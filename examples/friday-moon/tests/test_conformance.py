"""Friday's rules for plugins, each on each of ours."""


def test_a_plugin_keeps_the_rule(friday_check):
    friday_check()
