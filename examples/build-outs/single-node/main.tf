# One machine with everything on it, in a network without a BGP router: its LoadBalancer addresses are spare ones of the machine's own
# network, IPv4 and IPv6, which MetalLB answers for there.

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
}

module "cluster" {
  source = "../../modules/cluster"

  nodes   = { (var.name) = { address = var.address } }
  channel = var.channel
}

resource "microk8s_helm_release" "metallb" {
  host             = module.cluster.host
  name             = "metallb"
  namespace        = "metallb-system"
  create_namespace = true
  repository       = var.metallb.repository
  chart            = var.metallb.chart
  version          = var.metallb.version

  # There is no router to speak BGP with, so no FRR.
  values = {
    speaker = { frr = { enabled = false } }
    frrk8s  = { enabled = false }
  }
}

resource "metallb_ip_address_pool" "local" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster   = microk8s_helm_release.metallb.host
  name      = "local"
  addresses = var.load_balancer_addresses
}

resource "metallb_l2_advertisement" "local" {
  provider = microk8s

  cluster          = microk8s_helm_release.metallb.host
  name             = "local"
  ip_address_pools = [metallb_ip_address_pool.local.name]
}

# A first web page, on an address of each family.
resource "microk8s_object" "web" {
  for_each = {
    deployment = {
      apiVersion = "apps/v1"
      kind       = "Deployment"
      metadata   = { name = "nginx", namespace = "default" }
      spec = {
        selector = { matchLabels = { app = "nginx" } }
        template = {
          metadata = { labels = { app = "nginx" } }
          spec     = { containers = [{ name = "nginx", image = "nginx:1.27", ports = [{ containerPort = 80 }] }] }
        }
      }
    }
    service = {
      apiVersion = "v1"
      kind       = "Service"
      metadata   = { name = "nginx", namespace = "default" }
      spec = {
        type           = "LoadBalancer"
        ipFamilyPolicy = "RequireDualStack"
        selector       = { app = "nginx" }
        ports          = [{ port = 80 }]
      }
    }
  }

  cluster  = module.cluster.host
  manifest = each.value

  depends_on = [metallb_l2_advertisement.local]
}

# The addresses that it got. Reading waits until the node answers for them.
data "metallb_service_addresses" "web" {
  provider = microk8s

  cluster   = module.cluster.host
  namespace = "default"
  service   = microk8s_object.web["service"].name
  wait      = { timeout = "2m" }

  depends_on = [metallb_l2_advertisement.local]
}

output "web_addresses" {
  description = "Addresses of the first web page, one of each family."
  value       = one(values(data.metallb_service_addresses.web.services)).addresses
}
