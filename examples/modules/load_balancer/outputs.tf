output "pools" {
  description = "Names of the pools, known once their addresses are announced; for the annotation `metallb.io/address-pool` of a Service."
  value       = { for name, pool in metallb_ip_address_pool.this : name => pool.name }

  depends_on = [metallb_bgp_advertisement.this]
}
