# Virtual machines on Proxmox VE become a dual-stack MicroK8s cluster behind a VyOS router, itself a virtual machine.

terraform {
  required_version = ">= 1.11"

  required_providers {
    microk8s = { source = "baremetal/microk8s" }
    proxmox  = { source = "bpg/proxmox", version = "~> 0.111" }
  }
}

provider "proxmox" {
  endpoint  = var.proxmox_endpoint
  api_token = var.proxmox_api_token

  # Snippets get onto the server by SSH: its API has no way for them.
  ssh {
    agent    = true
    username = "root"
  }
}

provider "microk8s" {
  ssh = {
    user        = "ubuntu"
    private_key = var.ssh_private_key
  }

  routers = {
    edge = {
      url            = "https://${var.router.ipv4}"
      api_key        = var.router_api_key
      ca_certificate = var.router_certificate
    }
  }
}

module "cluster" {
  source = "../../modules/cluster"

  channel = var.channel

  # The agent tells the address once the machine has it: it is unknown until then, and again whenever a network card changes. A node is
  # known by its machine id and host key, so that it is never replaced for that.
  nodes = { for name, node in var.nodes : name => {
    address  = proxmox_virtual_environment_vm.node[name].ipv4_addresses[index(proxmox_virtual_environment_vm.node[name].network_interface_names, "eth0")][0]
    role     = node.role
    host_key = node.host_key
  } }
}

module "edge_router" {
  source    = "../../modules/edge_router"
  providers = { vyos = microk8s }

  router                 = "edge"
  router_id              = var.router.ipv4
  as_number              = var.as_number
  nodes                  = { for name, node in var.nodes : name => node.ipv4 }
  load_balancer_prefixes = var.load_balancer_prefixes

  # Not before the router is there, and while it is.
  depends_on = [proxmox_virtual_environment_vm.router]
}
