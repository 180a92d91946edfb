variable "cluster" {
  description = "The cluster: a control plane's address."
  type        = string
}

variable "as_number" {
  description = "AS number of the speakers."
  type        = number
  default     = 64512

  validation {
    condition     = var.as_number >= 1 && var.as_number <= 4294967295
    error_message = "An AS number is 1 to 4294967295."
  }
}

variable "routers" {
  description = "Routers that the speakers of all nodes peer with, by name: their address and AS number."
  type        = map(object({ address = string, as_number = number }))

  validation {
    condition     = length(var.routers) > 0
    error_message = "Without a router nothing is announced."
  }
}

variable "pools" {
  description = "Ranges of addresses by the name of their pool; services ask for a pool by that name, or get an address of any pool with `auto_assign`."
  type        = map(object({ addresses = list(string), auto_assign = optional(bool, true) }))

  validation {
    condition     = alltrue([for pool in values(var.pools) : length(pool.addresses) > 0])
    error_message = "A pool has at least one range."
  }
}

variable "chart" {
  description = "MetalLB's Helm chart: its repository, name and version. A name that is a path on the node or an OCI reference is in no repository. IPv6 routes over a session between IPv4 addresses need 0.15."
  type = object({
    repository = optional(string, "https://metallb.github.io/metallb")
    name       = optional(string, "metallb")
    version    = optional(string, "0.15.2")
  })
  default = {}

  validation {
    condition     = can(regex("^0\\.1[5-9]\\.", var.chart.version))
    error_message = "The module needs MetalLB 0.15 or later."
  }
}
