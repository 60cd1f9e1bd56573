/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the reset vector to long mode, in place of firmware: hostile.lds says where what lies.
 * The first 4 GiB are mapped one to one by 2 MiB pages.
 */
#define CR0_PE		0x1
#define CR0_PG		0x80000000
#define CR4_PAE		0x20
#define EFER		0xc0000080
#define EFER_LME	0x100
#define SEGMENT		0xf0000		/* of real mode, where the image is visible as well */
#define PAGE_TABLES	0x1000		/* PML4, PDPT and four page directories */
#define PAGE_PRESENT	0x3		/* and writable */
#define PAGE_LARGE	0x80
#define STACK_TOP	0x80000

	.section .reset, "ax"
	.code16
	jmp	start16

	.text
	.code16
start16:
	cli
	cld
	lgdtl	%cs:gdtr - SEGMENT
	movl	%cr0, %eax
	orl	$CR0_PE, %eax
	movl	%eax, %cr0
	ljmpl	$CODE32, $start32

	.code32
start32:
	movl	$DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss

	xorl	%eax, %eax
	movl	$PAGE_TABLES, %edi
	movl	$6 * 0x1000 / 4, %ecx
	rep stosl
	movl	$PAGE_TABLES + 0x1000 + PAGE_PRESENT, PAGE_TABLES
	movl	$PAGE_TABLES + 0x2000 + PAGE_PRESENT, %eax
	movl	$PAGE_TABLES + 0x1000, %edi
	movl	$4, %ecx
1:	movl	%eax, (%edi)
	addl	$0x1000, %eax
	addl	$8, %edi
	loop	1b
	movl	$PAGE_PRESENT + PAGE_LARGE, %eax
	movl	$PAGE_TABLES + 0x2000, %edi
	movl	$4 * 512, %ecx
2:	movl	%eax, (%edi)
	addl	$0x200000, %eax
	addl	$8, %edi
	loop	2b

	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$PAGE_TABLES, %eax
	movl	%eax, %cr3
	movl	$EFER, %ecx
	rdmsr
	orl	$EFER_LME, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$CR0_PG, %eax
	movl	%eax, %cr0
	ljmpl	$CODE64, $start64

	.code64
start64:
	movl	$STACK_TOP, %esp
	movl	$data_start, %edi
	movl	$data_load, %esi
	movl	$data_size, %ecx
	rep movsb
	movl	$bss_start, %edi
	movl	$bss_size, %ecx
	xorl	%eax, %eax
	rep stosb
	call	kernel_main
3:	hlt
	jmp	3b

/* What each vector does unless an attack gives it another handler; see kernel.c. */
	.balign	16
	.globl	stubs
stubs:
	vector = 0
	.rept	256
	.balign	16
	/* #DF, #TS, #NP, #SS, #GP, #PF, #AC, #CP, #VC and #SX push an error code. */
	.if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 \
		|| vector == 29 || vector == 30
	.else
	pushq	$0
	.endif
	pushq	$vector
	jmp	handle
	vector = vector + 1
	.endr

handle:
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	movq	%rsp, %rdi
	cld
	call	kernel_interrupt
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rax
	addq	$16, %rsp
	iretq

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* 32-bit code */
	.quad	0x00cf93000000ffff	/* data */
	.quad	0x00af9b000000ffff	/* 64-bit code */
gdt_end:
	.set	CODE32, 0x08
	.set	DATA, 0x10
	.set	CODE64, 0x18
gdtr:	.word	gdt_end - gdt - 1
	.long	gdt

	.section .note.GNU-stack, "", @progbits
