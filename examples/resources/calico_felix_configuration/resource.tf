resource "calico_felix_configuration" "all" {
  provider = microk8s # the type's prefix is not the provider's name

  cluster = "10.0.0.11" # a control plane
  name    = "default"   # for all nodes; Calico makes it: it is adopted

  prometheus_metrics_enabled = true

  # What no policy can close, with MicroK8s' own ports.
  failsafe_inbound_host_ports = [
    { protocol = "TCP", port = 22 },
    { protocol = "TCP", port = 16443 },
    { protocol = "TCP", port = 19001 },
    { protocol = "TCP", port = 25000 },
    { protocol = "TCP", port = 10250 },
    { protocol = "UDP", port = 4789 },
  ]
}
