# What the module plans, and what it refuses. The provider is mocked, so no cluster is needed.

mock_provider "metallb" {}

variables {
  cluster = "10.0.0.11"
  routers = { edge = { address = "10.0.0.1", as_number = 64513 } }
  pools   = { public = { addresses = ["2001:db8:f000:2::/64"] }, reserved = { addresses = ["203.0.113.0/28"], auto_assign = false } }
}

run "every_pool_is_announced_to_every_router" {
  command = plan

  assert {
    condition     = toset(metallb_bgp_advertisement.this.ip_address_pools) == toset(["public", "reserved"])
    error_message = "The advertisement names all pools."
  }

  assert {
    condition     = metallb_bgp_advertisement.this.peers == tolist(["edge"])
    error_message = "The advertisement names all routers."
  }

  assert {
    condition     = metallb_bgp_peer.this["edge"].peer_asn == 64513 && metallb_bgp_peer.this["edge"].my_asn == 64512
    error_message = "The session is between the speakers' AS and the router's."
  }
}

run "metallb_runs_in_frr_mode" {
  command = plan

  assert {
    condition     = yamldecode(microk8s_helm_release.metallb.values).speaker.frr.enabled
    error_message = "Only FRR mode announces IPv6."
  }
}

run "a_chart_on_the_node_is_in_no_repository" {
  command = plan

  variables {
    chart = { name = "/opt/charts/metallb" }
  }

  assert {
    condition     = microk8s_helm_release.metallb.repository == null
    error_message = "A folder is in no repository."
  }
}

run "a_session_with_nobody" {
  command = plan

  variables {
    routers = {}
  }

  expect_failures = [var.routers]
}

run "a_metallb_that_is_too_old" {
  command = plan

  variables {
    chart = { version = "0.13.9" }
  }

  expect_failures = [var.chart]
}

run "an_empty_pool" {
  command = plan

  variables {
    pools = { public = { addresses = [] } }
  }

  expect_failures = [var.pools]
}
