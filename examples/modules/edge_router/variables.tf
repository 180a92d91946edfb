variable "router" {
  description = "The router: a key of the provider's `routers`. Not needed where there is only one."
  type        = string
  default     = null
}

variable "router_id" {
  description = "The router's id in BGP and OSPF: one of its IPv4 addresses."
  type        = string

  validation {
    condition     = can(cidrhost("${var.router_id}/32", 0))
    error_message = "A router id is written as an IPv4 address."
  }
}

variable "as_number" {
  description = "AS number of the router."
  type        = number
  default     = 64512

  validation {
    condition     = var.as_number >= 1 && var.as_number <= 4294967294
    error_message = "An AS number of a VyOS router is 1 to 4294967294."
  }
}

variable "node_as_number" {
  description = "AS number of the nodes' speakers. Default: the router's own (iBGP)."
  type        = number
  default     = null
}

variable "nodes" {
  description = "Addresses of the nodes by name; the router speaks BGP with each."
  type        = map(string)
}

variable "load_balancer_prefixes" {
  description = "Prefixes of both families that LoadBalancer addresses are from. Nothing else is passed on upstream."
  type        = list(string)

  validation {
    condition     = alltrue([for prefix in var.load_balancer_prefixes : can(cidrhost(prefix, 0))])
    error_message = "Each is a prefix, such as 2001:db8:f000:2::/64 or 203.0.113.0/28."
  }
}

variable "upstream" {
  description = "Where the rest of the network is: the interface that OSPF runs on, its area, and metric and type of what is passed on. Without it, nothing is."
  type = object({
    interface   = string
    area        = optional(string, "0")
    metric      = optional(number)
    metric_type = optional(number, 2)
  })
  default = null
}
