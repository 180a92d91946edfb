output "services" {
  value = provider::microk8s::lb_capacity(["192.0.2.16/28", "2001:db8:0:f::/64"], false).ipv4 # 16
}
