output "ntp" {
  value = provider::microk8s::vyos_set_commands("service ntp", { server = { "ntp.example.net" = {} } })
}
