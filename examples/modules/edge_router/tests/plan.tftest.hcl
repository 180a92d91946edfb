# What the module plans, and what it refuses. The provider is mocked, so no router is needed.

mock_provider "vyos" {}

variables {
  router_id              = "10.0.0.1"
  nodes                  = { cp1 = "10.0.0.11", cp2 = "10.0.0.12" }
  load_balancer_prefixes = ["2001:db8:f000:2::/64"]
  upstream               = { interface = "eth1" }
}

run "ipv6_alone_needs_no_ospfv2" {
  command = plan

  assert {
    condition     = length(vyos_ospf.upstream) == 0 && length(vyos_prefix_list.load_balancer) == 0
    error_message = "No IPv4 prefix is passed on."
  }

  assert {
    condition     = vyos_ospfv3.upstream[0].redistribute.bgp.route_map == "LOAD-BALANCER-IPV6"
    error_message = "What is passed on goes through the route-map."
  }

  assert {
    condition     = vyos_prefix_list6.load_balancer[0].rules["10"].prefix == "2001:db8:f000:2::/64"
    error_message = "The prefix list lets the load balancers' prefix through."
  }
}

run "both_families" {
  command = plan

  variables {
    load_balancer_prefixes = ["203.0.113.0/28", "2001:db8:f000:2::/64", "203.0.113.64/28"]
  }

  assert {
    condition     = [for rule in values(vyos_prefix_list.load_balancer[0].rules) : rule.prefix] == ["203.0.113.0/28", "203.0.113.64/28"]
    error_message = "One rule for each IPv4 prefix, in their order."
  }

  assert {
    condition     = length(vyos_ospf.upstream) == 1 && length(vyos_ospfv3.upstream) == 1
    error_message = "Each family is passed on by its own OSPF."
  }
}

run "nothing_is_passed_on_without_an_upstream" {
  command = plan

  variables {
    upstream = null
  }

  assert {
    condition     = length(vyos_ospfv3.upstream) == 0
    error_message = "There is nobody to pass routes on to."
  }
}

run "sessions_in_another_as" {
  command = plan

  variables {
    node_as_number = 64513
  }

  assert {
    condition     = alltrue([for neighbor in vyos_bgp_neighbor.node : neighbor.remote_as == "64513"])
    error_message = "The nodes' AS is theirs."
  }
}

run "a_prefix_that_is_none" {
  command = plan

  variables {
    load_balancer_prefixes = ["2001:db8::1-2001:db8::9"]
  }

  expect_failures = [var.load_balancer_prefixes]
}

run "a_router_id_that_is_none" {
  command = plan

  variables {
    router_id = "edge"
  }

  expect_failures = [var.router_id]
}
