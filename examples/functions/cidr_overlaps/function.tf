variable "pool" {
  type    = string
  default = "192.0.2.240-192.0.2.250"

  validation {
    condition     = !provider::microk8s::cidr_overlaps(var.pool, "10.0.0.0/24")
    error_message = "The pool must not hold addresses of the nodes' own network."
  }
}
