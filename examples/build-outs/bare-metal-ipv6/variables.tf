variable "nodes" {
  description = "The machines by host name: their IPv4 address and their role, `control-plane` or `worker`."
  type        = map(object({ address = string, role = optional(string, "control-plane") }))

  validation {
    condition     = anytrue([for node in values(var.nodes) : node.role == "control-plane"])
    error_message = "At least one node has to be a control plane."
  }
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

variable "as_number" {
  description = "AS number of the router and of the speakers (iBGP)."
  type        = number
  default     = 64512
}

variable "upstream_interface" {
  description = "The router's interface to the rest of the network, on which it speaks OSPFv3 in area 0."
  type        = string
  default     = "eth1"
}

variable "metallb" {
  description = "MetalLB's Helm chart. Routes of both families over one session need 0.15."
  type        = object({ repository = optional(string), chart = string, version = optional(string) })
  default = {
    repository = "https://metallb.github.io/metallb"
    chart      = "metallb"
    version    = "0.15.2"
  }
}

variable "web" {
  description = "Whether to serve a first web page, to see that everything works."
  type        = bool
  default     = true
}

variable "patience" {
  description = "How long to wait until the page's address is announced. Null does not wait: a plan then goes on while that is broken."
  type        = string
  default     = "2m"
}

variable "cluster_cidr" {
  description = "IPv6 range of pods."
  type        = string
  default     = "fd01::/64"
}

variable "service_cidr" {
  description = "IPv6 range of services; at most 2^20 addresses (/108) up to MicroK8s 1.33."
  type        = string
  default     = "fd98::/108"
}

variable "load_balancer_addresses" {
  description = "IPv6 prefixes that LoadBalancer services get addresses from."
  type        = list(string)
  default     = ["2001:db8:f000:2::/64"]

  validation {
    condition     = alltrue([for prefix in var.load_balancer_addresses : can(cidrhost(prefix, 0)) && strcontains(prefix, ":")])
    error_message = "Give IPv6 prefixes, such as 2001:db8:f000:2::/64: the router's prefix list is made of them."
  }
}
