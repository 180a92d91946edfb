variable "nodes" {
  description = "The machines by host name: their IPv4 address and their role, `control-plane` or `worker`."
  type        = map(object({ address = string, role = optional(string, "worker") }))
}

variable "channel" {
  description = "Snap channel of MicroK8s, with a pinned minor version."
  type        = string
  default     = "1.35/stable"
}

variable "ssh_user" {
  description = "User on the machines; it may use sudo without a password."
  type        = string
  default     = "ubuntu"
}

variable "ssh_private_key" {
  description = "Private key of that user. Without one, an SSH agent or the client's own key files are used."
  type        = string
  default     = null
  sensitive   = true
}

variable "router_url" {
  description = "Address of the VyOS router's HTTPS API."
  type        = string
}

variable "router_api_key" {
  description = "A key of the router's HTTP API."
  type        = string
  sensitive   = true
}

variable "router_ca_certificate" {
  description = "Certificate authority of the router's API, as PEM."
  type        = string
  default     = null
}

variable "router_address" {
  description = "The router's IPv4 address on the nodes' network: what speakers peer with, and its router id."
  type        = string
}

variable "upstream_interface" {
  description = "The router's interface to the rest of the network, on which it speaks OSPFv3 in area 0."
  type        = string
  default     = "eth1"
}

variable "as_number" {
  description = "AS number of the router and of the speakers (iBGP)."
  type        = number
  default     = 64512
}

variable "metallb" {
  description = "MetalLB's Helm chart: its repository, name and version, where they are not the module's own."
  type        = object({ repository = optional(string), chart = optional(string), version = optional(string) })
  default     = {}
}
