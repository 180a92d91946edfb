terraform {
  required_providers {
    microk8s = { source = "baremetal/microk8s" }
  }
}

provider "microk8s" {
  # Nodes. Without `private_key`, an agent, your key files and ~/.ssh/config apply.
  ssh = {
    user        = "ubuntu"
    private_key = var.ssh_private_key
  }

  # Routers, by the name that the `router` argument of vyos_* resources uses.
  routers = {
    edge = {
      url            = "https://10.0.0.1"
      api_key        = var.router_api_key
      ca_certificate = file("edge.pem") # the router's own certificate, where it signed it itself
    }
  }

  # Not needed where `cluster` of calico_* and metallb_* resources is the address of a node:
  # kubernetes = { config_path = "~/.kube/config" }
}

variable "ssh_private_key" {
  type      = string
  default   = null
  sensitive = true
}

variable "router_api_key" {
  type      = string
  sensitive = true
}
