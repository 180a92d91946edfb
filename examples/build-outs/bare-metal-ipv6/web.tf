# A first web page, on an IPv6 address of the pool.

resource "microk8s_object" "web" {
  count = var.web ? 1 : 0

  cluster = microk8s_cluster_ipv6.this.host
  manifest = {
    apiVersion = "apps/v1"
    kind       = "Deployment"
    metadata   = { name = "nginx", namespace = "default" }
    spec = {
      replicas = 2
      selector = { matchLabels = { app = "nginx" } }
      template = {
        metadata = { labels = { app = "nginx" } }
        spec     = { containers = [{ name = "nginx", image = "nginx:1.27", ports = [{ containerPort = 80 }] }] }
      }
    }
  }

  depends_on = [microk8s_cluster_member.this, calico_ippool.v6]
}

resource "microk8s_object" "web_service" {
  count = var.web ? 1 : 0

  cluster  = microk8s_cluster_ipv6.this.host
  manifest = <<-YAML
    apiVersion: v1
    kind: Service
    metadata:
      name: nginx
      namespace: default
      annotations:
        metallb.io/address-pool: ${metallb_ip_address_pool.default.name}
    spec:
      type: LoadBalancer
      ipFamilyPolicy: SingleStack
      ipFamilies: [IPv6]
      selector: { app: nginx }
      ports: [{ port: 80 }]
  YAML

  depends_on = [metallb_bgp_advertisement.default]
}

# The address that it got. Reading waits until a node announces it. Where something it depends on is to be changed first, it is read
# after that.
data "metallb_service_addresses" "web" {
  provider = microk8s
  count    = var.web ? 1 : 0

  cluster   = microk8s_cluster_ipv6.this.host
  namespace = "default"
  service   = microk8s_object.web_service[0].name
  wait      = var.patience == null ? null : { timeout = var.patience }

  depends_on = [microk8s_helm_release.metallb, metallb_ip_address_pool.default, metallb_bgp_advertisement.default]
}
