/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot sector for a kernel, an initial RAM disk and a command line that lie in memory already: it
 * asks the BIOS for the memory map and enters the kernel as PVH has it (Linux,
 * arch/x86/platform/pvh/head.S; Xen, public/arch-x86/hvm/start_info.h).
 *
 * ENTRY, INITRD, INITRD_SIZE and COMMAND_LINE are physical addresses and bytes.
 */
#define CR0_PE		0x1
#define A20_PORT	0x92
#define A20_ON		0x2
#define SECTOR		0x7c00
#define MEMORY_MAP	0x8000		/* up to COMMAND_LINE */
#define ENTRY_SIZE	24		/* the BIOS's with the attributes that ours reserves */
#define SMAP		0x534d4150
#define CODE32		0x8
#define DATA32		0x10
#define START_MAGIC	0x336ec578
#define START_VERSION	1

	.code16
	.globl	_start
_start:
	cli
	cld
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movw	$SECTOR, %sp
	ljmp	$0, $1f
1:	movw	$MEMORY_MAP, %di
	xorl	%ebx, %ebx
2:	movl	$0xe820, %eax
	movl	$ENTRY_SIZE, %ecx
	movl	$SMAP, %edx
	int	$0x15
	jc	3f
	movl	$0, 20(%di)
	addw	$ENTRY_SIZE, %di
	incl	map_entries
	cmpw	$COMMAND_LINE - ENTRY_SIZE, %di
	ja	3f
	testl	%ebx, %ebx
	jnz	2b
3:	inb	$A20_PORT, %al
	orb	$A20_ON, %al
	outb	%al, $A20_PORT
	lgdtl	gdtr
	movl	%cr0, %eax
	orl	$CR0_PE, %eax
	movl	%eax, %cr0
	ljmpl	$CODE32, $start32

	.code32
start32:
	movl	$DATA32, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$start_info, %ebx
	movl	$ENTRY, %eax
	jmp	*%eax

	.balign 8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff
	.quad	0x00cf93000000ffff
gdtr:	.word	gdtr - gdt - 1
	.long	gdt

	.balign 8
start_info:
	.long	START_MAGIC, START_VERSION
	.long	0			/* flags */
	.long	1			/* modules */
	.quad	module
	.quad	COMMAND_LINE
	.quad	0			/* the RSDP is where the kernel looks for it */
	.quad	MEMORY_MAP
map_entries:
	.long	0, 0

module:	.quad	INITRD, INITRD_SIZE
	.quad	0, 0

	.org	510
	.word	0xaa55
