resource "vyos_config" "ntp" {
  provider = microk8s
  router   = "edge"
  path     = "service ntp"
  config = provider::microk8s::vyos_commands("service ntp", <<-EOT
    set service ntp server ntp.example.net prefer
    set service ntp allow-client address '10.0.0.0/8'
  EOT
  )
}
