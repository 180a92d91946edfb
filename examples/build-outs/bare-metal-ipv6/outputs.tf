output "web_address" {
  description = "Address of the first web page: http://[address]/ answers from outside."
  value       = one(flatten([for one in data.metallb_service_addresses.web : values(one.services)[*].addresses]))
}
