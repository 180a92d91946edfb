# One control plane and as many workers as there are machines, behind a VyOS router: three modules, one for each part.

terraform {
  required_version = ">= 1.11"

  required_providers {
    microk8s = { source = "baremetal/microk8s" }
  }
}

provider "microk8s" {
  ssh = {
    user        = var.ssh_user
    private_key = var.ssh_private_key
  }

  routers = {
    edge = {
      url            = var.router_url
      api_key        = var.router_api_key
      ca_certificate = var.router_ca_certificate
    }
  }
}

locals {
  load_balancer_prefix = "2001:db8:f000:2::/64"
}

module "cluster" {
  source = "../../modules/cluster"

  nodes   = var.nodes
  channel = var.channel
}

# The modules call the provider by the name of the family that they use. It is the same one here.
module "load_balancer" {
  source    = "../../modules/load_balancer"
  providers = { metallb = microk8s }

  cluster   = module.cluster.host
  as_number = var.as_number
  routers   = { edge = { address = var.router_address, as_number = var.as_number } }
  pools     = { public = { addresses = [local.load_balancer_prefix] } }
  chart     = { repository = var.metallb.repository, name = var.metallb.chart, version = var.metallb.version }
}

module "edge_router" {
  source    = "../../modules/edge_router"
  providers = { vyos = microk8s }

  router                 = "edge"
  router_id              = var.router_address
  as_number              = var.as_number
  nodes                  = { for name, node in var.nodes : name => node.address }
  load_balancer_prefixes = [local.load_balancer_prefix]
  upstream               = { interface = var.upstream_interface }
}

# The sessions of all nodes, workers too: every one of them can take in traffic.
check "sessions" {
  data "vyos_bgp_summary" "edge" {
    provider = microk8s

    router = "edge"
    wait   = { timeout = "30s" }

    depends_on = [module.load_balancer, module.edge_router]
  }

  assert {
    condition     = length(data.vyos_bgp_summary.edge.neighbors) == length(var.nodes)
    error_message = "The router has neighbors that are no nodes: ${join(", ", keys(data.vyos_bgp_summary.edge.neighbors))}."
  }
}
