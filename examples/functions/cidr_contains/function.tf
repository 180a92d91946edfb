variable "cluster_cidr" {
  type    = string
  default = "10.1.0.0/16"
}

output "pool_is_in_the_range_of_pods" {
  value = provider::microk8s::cidr_contains(var.cluster_cidr, "10.1.64.0/18")
}
