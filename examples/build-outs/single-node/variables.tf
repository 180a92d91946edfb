variable "name" {
  description = "Host name of the machine."
  type        = string
}

variable "address" {
  description = "The machine's IPv4 address."
  type        = string
}

variable "load_balancer_addresses" {
  description = "Spare addresses of the machine's own network, of both families, for LoadBalancer services: nobody else uses them."
  type        = list(string)
  default     = ["10.0.0.200-10.0.0.220", "fd00:10::200-fd00:10::220"]

  validation {
    condition     = alltrue([for dot in [".", ":"] : anytrue([for range in var.load_balancer_addresses : strcontains(range, dot)])])
    error_message = "The page asks for an address of each family: give a range of IPv4 and one of IPv6."
  }
}

variable "channel" {
  description = "Snap channel of MicroK8s, with a pinned minor version."
  type        = string
  default     = "1.35/stable"
}

variable "ssh_user" {
  description = "User on the machine; it may use sudo without a password."
  type        = string
  default     = "ubuntu"
}

variable "ssh_private_key" {
  description = "Private key of that user. Without one, an SSH agent or the client's own key files are used."
  type        = string
  default     = null
  sensitive   = true
}

variable "metallb" {
  description = "MetalLB's Helm chart."
  type        = object({ repository = optional(string), chart = string, version = optional(string) })
  default = {
    repository = "https://metallb.github.io/metallb"
    chart      = "metallb"
    version    = "0.15.2"
  }
}
