variable "nodes" {
  description = "The machines by host name: their address, their role, `control-plane` or `worker`, their public host key, where it is known before, and whether they get what storage such as Longhorn needs."
  type = map(object({
    address  = string
    role     = optional(string, "control-plane")
    host_key = optional(string)
    storage  = optional(bool, false)
  }))

  validation {
    condition     = alltrue([for node in values(var.nodes) : contains(["control-plane", "worker"], node.role)])
    error_message = "A node's role is control-plane or worker."
  }

  validation {
    condition     = anytrue([for node in values(var.nodes) : node.role == "control-plane"])
    error_message = "At least one node has to be a control plane."
  }
}

variable "channel" {
  description = "Snap channel of MicroK8s, with a pinned minor version."
  type        = string
  default     = "1.35/stable"

  validation {
    condition     = can(regex("^1\\.[0-9]+(-strict)?/(stable|candidate|beta|edge)$", var.channel))
    error_message = "Give the minor version and the risk, such as 1.35/stable: with latest/stable every refresh may be another minor version."
  }
}

variable "cluster_cidr" {
  description = "IPv6 range of pods."
  type        = string
  default     = "fd01::/64"

  validation {
    condition     = can(cidrhost(var.cluster_cidr, 0)) && strcontains(var.cluster_cidr, ":")
    error_message = "The range of pods is an IPv6 prefix, such as fd01::/64."
  }
}

variable "service_cidr" {
  description = "IPv6 range of services; at most 2^20 addresses (/108) up to MicroK8s 1.33."
  type        = string
  default     = "fd98::/108"

  validation {
    condition     = can(cidrhost(var.service_cidr, 0)) && strcontains(var.service_cidr, ":")
    error_message = "The range of services is an IPv6 prefix, such as fd98::/108."
  }
}

variable "nat_outgoing" {
  description = "Whether pods reach the outside with the address of their node. Without, the range of pods has to be routed."
  type        = bool
  default     = true
}

variable "addons" {
  description = "Add-ons of MicroK8s to enable, with the arguments of each."
  type        = map(list(string))
  default     = { dns = [] }
}
