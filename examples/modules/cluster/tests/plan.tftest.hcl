# What the module plans, and what it refuses. The provider is mocked, so no machine is needed.

mock_provider "microk8s" {}

variables {
  nodes = {
    cp1 = { address = "10.0.0.11" }
    cp2 = { address = "10.0.0.12" }
    w1  = { address = "10.0.0.21", role = "worker" }
  }
}

run "the_others_join_the_first_control_plane" {
  command = plan

  assert {
    condition     = microk8s_cluster_ipv6.this.host == "10.0.0.11"
    error_message = "The first control plane by name makes the cluster."
  }

  assert {
    condition     = { for name, member in microk8s_cluster_member.this : name => member.role } == { cp2 = "control-plane", w1 = "worker" }
    error_message = "Everyone but the first joins, in their role."
  }

  assert {
    condition     = microk8s_node.this["w1"].hosts == tomap({ cp1 = tolist(["10.0.0.11"]), cp2 = tolist(["10.0.0.12"]), w1 = tolist(["10.0.0.21"]) })
    error_message = "Every node knows the names of all."
  }
}

run "a_worker_alone_is_no_cluster" {
  command = plan

  variables {
    nodes = { w1 = { address = "10.0.0.21", role = "worker" } }
  }

  expect_failures = [var.nodes]
}

run "a_role_that_there_is_not" {
  command = plan

  variables {
    nodes = { cp1 = { address = "10.0.0.11" }, m1 = { address = "10.0.0.12", role = "master" } }
  }

  expect_failures = [var.nodes]
}

run "a_channel_that_moves" {
  command = plan

  variables {
    channel = "latest/stable"
  }

  expect_failures = [var.channel]
}

run "ranges_of_the_wrong_family" {
  command = plan

  variables {
    cluster_cidr = "10.1.0.0/16"
    service_cidr = "10.152.183.0/24"
  }

  expect_failures = [var.cluster_cidr, var.service_cidr]
}
