resource "microk8s_helm_release" "metallb" {
  host             = "10.0.0.11" # a control plane
  name             = "metallb"
  namespace        = "metallb-system"
  create_namespace = true
  repository       = "https://metallb.github.io/metallb"
  chart            = "metallb"
  version          = "0.15.2"

  values = {
    speaker = { frr = { enabled = true } } # announces IPv6 over BGP, which the add-on does not
  }
}

variable "grafana_password" {
  type      = string
  sensitive = true
  ephemeral = true # in no plan and in no state
}

resource "microk8s_helm_release" "grafana" {
  host       = "10.0.0.11"
  name       = "grafana"
  repository = "https://grafana.github.io/helm-charts"
  chart      = "grafana"
  version    = "9.3.2"
  values     = { persistence = { enabled = true, size = "10Gi" } }

  secret_values_wo         = yamlencode({ adminPassword = var.grafana_password })
  secret_values_wo_version = 1 # count up when the password changes

  timeouts = { create = "20m" }
}
